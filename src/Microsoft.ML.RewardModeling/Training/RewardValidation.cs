using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Measures a model on pairs it is not trained on, all of them.</summary>
/// <param name="Accuracy">Share of pairs whose chosen side has the higher reward; a tie is wrong.</param>
/// <param name="Loss">Mean of the objective over the pairs; null if a pair lacks the numbers for it.</param>
internal sealed record RewardValidation(double Accuracy, double? Loss)
{
    public static RewardValidation Measure(RewardModel model, IReadOnlyList<TokenizedPair> pairs, TrainingOptions options, CancellationToken cancellationToken)
    {
        bool hasTargets = pairs.All(pair => RewardLossTerms.HasTargets(pair, options.Objective));
        double loss = 0;
        int right = 0;
        foreach (int[] indices in Enumerable.Range(0, pairs.Count).OrderBy(i => pairs[i].Chosen.Ids.Length).Chunk(options.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            using IDisposable gradients = no_grad();
            PreferenceBatch batch = PreferenceBatch.Create(pairs, indices, withTeacher: false);
            RewardModelOutput output = RewardModelOutput.Compute(model, batch);
            right += (int)output.Chosen.gt(output.Rejected).sum().item<long>();
            loss += hasTargets ? RewardLossTerms.Ranking(output, batch, options).item<float>() * indices.Length : 0;
        }

        return new RewardValidation((double)right / pairs.Count, hasTargets ? loss / pairs.Count : null);
    }
}
