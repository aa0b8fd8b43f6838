using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Plain numbers of one optimizer step.</summary>
internal sealed record TrainingStep(double Rank, double Sft, double Kl, double Accuracy, double Margin, double GradientNorm, int Pairs, int Tokens)
{
    /// <summary>
    /// Accumulates the gradients of several batches as if they were one, weighing each by its share of pairs and of teacher
    /// texts, and takes the step.
    /// </summary>
    /// <exception cref="RewardModelingException">The loss or the gradient is not finite; the weights are as before the step.</exception>
    public static TrainingStep Take(
        RewardModel model, AdamW optimizer, IReadOnlyList<PreferenceBatch> batches, TrainingOptions options, TopKDistributions? teacher, double learningRate)
    {
        int pairs = batches.Sum(batch => batch.Chosen.Length);
        int samples = batches.Sum(batch => batch.LabelTokens.Length);
        double rank = 0, sft = 0, kl = 0, right = 0, margin = 0;
        optimizer.ZeroGradients();

        // From seed and step, so that a resumed run drops the same values.
        using Generator? dropout = model.Head == RewardHeadKind.Mlp ? new Generator(DropoutSeed(options.Seed, optimizer.Steps), CPU) : null;
        foreach (PreferenceBatch batch in batches)
        {
            using DisposeScope scope = NewDisposeScope();
            double pairShare = (double)batch.Chosen.Length / pairs;
            double sampleShare = samples == 0 ? 0 : (double)batch.LabelTokens.Length / samples;
            RewardModelOutput output = RewardModelOutput.Compute(model, batch, dropout);
            RewardLossTerms terms = RewardLossTerms.Compute(output, batch, options, teacher);
            Tensor loss = terms.Rank * pairShare;
            loss = terms.Sft is null ? loss : loss + (terms.Sft * (options.SftWeight * sampleShare));
            loss = terms.Kl is null ? loss : loss + (terms.Kl * (options.KlWeight * sampleShare));
            ThrowUnlessFinite(loss.item<float>(), "The loss", batch.PairIds, learningRate);
            loss.backward();
            rank += terms.Rank.item<float>() * pairShare;
            sft += (terms.Sft?.item<float>() ?? 0) * sampleShare;
            kl += (terms.Kl?.item<float>() ?? 0) * sampleShare;
            Tensor difference = (output.Chosen - output.Rejected).detach();
            right += difference.gt(0).sum().item<long>();
            margin += difference.sum().item<float>();
        }

        double norm = optimizer.Step(learningRate, options.GradientClip);
        ThrowUnlessFinite(norm, "The gradient norm", [.. batches.SelectMany(batch => batch.PairIds)], learningRate);
        return new TrainingStep(rank, sft, kl, right / pairs, margin / pairs, norm, pairs, batches.Sum(batch => batch.Tokens));
    }

    private static ulong DropoutSeed(int seed, int step) => ((ulong)(uint)seed << 32) | (uint)step;

    private static void ThrowUnlessFinite(double value, string what, IReadOnlyList<string> pairIds, double learningRate)
    {
        if (!double.IsFinite(value))
        {
            throw new RewardModelingException(FormattableString.Invariant(
                $"{what} is {value} at learning rate {learningRate:G4}; the batch holds the pairs {string.Join(", ", pairIds)}. Lower the learning rate or the margin scale, or look at these pairs; the weights of the step before are unchanged."));
        }
    }
}
