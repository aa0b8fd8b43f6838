using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Plain numbers of one optimizer step.</summary>
internal sealed record TrainingStep(
    double Loss, double Rank, double Center, double Sft, double Kl, double Accuracy, double Margin, double GradientNorm, int Items, int Tokens)
{
    /// <summary>
    /// Accumulates the gradients of several batches as if they were one, weighing each by its share of pairs and of what the
    /// language terms are a mean over, and takes the step.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">Takes the step.</param>
    /// <param name="batches">What the step learns from.</param>
    /// <param name="options">Losses and their weights.</param>
    /// <param name="teacher">The teacher's distributions; null without a divergence.</param>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="onBatch">Called with the number of every batch before it is computed.</param>
    /// <exception cref="RewardModelingException">The loss or the gradient is not finite; the weights are as before the step.</exception>
    public static TrainingStep Take(
        RewardModel model, AdamW optimizer, IReadOnlyList<PreferenceBatch> batches, TrainingOptions options, ITeacherDistributions? teacher, double learningRate,
        Action<int> onBatch)
        => model.Network.ComputeIn(options.Compute, () => Accumulate(model, optimizer, batches, options, teacher, learningRate, onBatch));

    private static TrainingStep Accumulate(
        RewardModel model, AdamW optimizer, IReadOnlyList<PreferenceBatch> batches, TrainingOptions options, ITeacherDistributions? teacher, double learningRate,
        Action<int> onBatch)
    {
        int pairs = Math.Max(1, batches.Sum(batch => batch.Chosen.Length));
        int units = Math.Max(1, batches.Sum(batch => batch.LanguageUnits));
        double rank = 0, center = 0, sft = 0, kl = 0, margin = 0;
        int right = 0, orderings = 0;
        optimizer.ZeroGradients();

        // From seed and step, so that a resumed run drops the same values.
        using Generator? dropout = model.Head == RewardHeadKind.Mlp ? new Generator(DropoutSeed(options.Seed, optimizer.Steps), CPU) : null;
        foreach ((int number, PreferenceBatch batch) in batches.Index())
        {
            onBatch(number);
            using DisposeScope scope = NewDisposeScope();
            double pairShare = (double)batch.Chosen.Length / pairs;
            double unitShare = (double)batch.LanguageUnits / units;
            RewardModelOutput output = RewardModelOutput.Compute(model, batch, dropout);
            RewardLossTerms terms = RewardLossTerms.Compute(model, output, batch, options, teacher);
            Tensor loss = Total(terms, options, pairShare, unitShare);
            ThrowUnlessFinite(loss.item<float>(), "The loss", batch.PairIds, learningRate);
            loss.backward();
            rank += (terms.Rank?.item<float>() ?? 0) * pairShare;
            center += (terms.Center?.item<float>() ?? 0) * pairShare;
            sft += (options.SftWeight > 0 ? terms.Language?.Sft.item<float>() ?? 0 : 0) * unitShare;
            kl += (terms.Language?.Kl.item<float>() ?? 0) * unitShare;
            RankingCount count = output.Rewards is { } rewards ? RankingCount.Of(rewards, batch) : default;
            right += count.Right;
            orderings += count.All;
            margin += count.Margin;
        }

        double norm = optimizer.Step(learningRate, options.GradientClip);
        ThrowUnlessFinite(norm, "The gradient norm", [.. batches.SelectMany(batch => batch.PairIds)], learningRate);
        return new TrainingStep(
            rank + (options.CenterWeight * center) + (options.SftWeight * sft) + (options.KlWeight * kl),
            rank,
            center,
            sft,
            kl,
            orderings == 0 ? 0 : (double)right / orderings,
            margin / pairs,
            norm,
            batches.Sum(batch => batch.PairIds.Count),
            batches.Sum(batch => batch.Tokens));
    }

    private static ulong DropoutSeed(int seed, int step) => ((ulong)(uint)seed << 32) | (uint)step;

    private static Tensor Total(RewardLossTerms terms, TrainingOptions options, double pairShare, double unitShare)
    {
        Tensor?[] parts =
        [
            terms.Rank is { } rank ? rank * pairShare : null,
            terms.Center is { } center ? center * (options.CenterWeight * pairShare) : null,
            terms.Language is { } language ? language.Weighted * unitShare : null,
        ];
        return parts.OfType<Tensor>().Aggregate((sum, part) => sum + part);
    }

    private static void ThrowUnlessFinite(double value, string what, IReadOnlyList<string> ids, double learningRate)
    {
        if (!double.IsFinite(value))
        {
            throw new RewardModelingException(FormattableString.Invariant(
                $"{what} is {value} at learning rate {learningRate:G4}; the batch holds {string.Join(", ", ids)}. Lower the learning rate or the margin scale, or look at this data; the weights of the step before are unchanged."));
        }
    }
}
