using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Batching;

/// <summary>The loss of a batch as a step computes it, and the gradients of all parameters.</summary>
internal static class LossGradients
{
    public static Tensor Loss(RewardModel model, PreferenceBatch batch, TrainingOptions options)
    {
        RewardLossTerms terms = RewardLossTerms.Compute(model, RewardModelOutput.Compute(model, batch), batch, options, null);
        return terms.Rank! + terms.Language!.Weighted;
    }

    public static (double Loss, Dictionary<string, float[]> Gradients) Backward(RewardModel model, Tensor loss)
    {
        foreach ((_, Tensor parameter) in model.Parameters.Items)
        {
            parameter.grad?.zero_();
        }

        loss.backward();
        return (loss.item<float>(), model.Parameters.Items.ToDictionary(item => item.Key, item => item.Value.grad!.data<float>().ToArray()));
    }
}
