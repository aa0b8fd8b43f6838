using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Losses;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>The terms of the loss as scalars, each a mean over the batch; a term that is not trained on is null.</summary>
internal sealed record RewardLossTerms(Tensor Rank, Tensor? Sft, Tensor? Kl)
{
    /// <summary>Computes the terms of a batch.</summary>
    public static RewardLossTerms Compute(RewardModelOutput output, PreferenceBatch batch, TrainingOptions options, TopKDistributions? teacher)
    {
        Tensor rank = Ranking(output, batch, options);
        if (output.Logits is not { } logits)
        {
            return new RewardLossTerms(rank, null, null);
        }

        Device device = logits.device;
        Tensor weights = tensor(GenerativeLosses.TokenWeights(batch.LabelTokens), device: device);                  // (L)
        Tensor logProbabilities = logits.log_softmax(-1);                                                           // (L, V)
        Tensor? sft = options.SftWeight > 0
            ? GenerativeLosses.SupervisedFineTuning(logProbabilities, tensor(batch.Labels, device: device), weights)
            : null;
        Tensor? kl = null;
        if (options.KlWeight > 0 && teacher is not null)
        {
            (long[] ids, float[] teacherLogProbabilities) = teacher.Gather(batch.LabelPairs);
            Tensor tempered = teacher.Temperature == 1 ? logProbabilities : (logits / teacher.Temperature).log_softmax(-1);
            kl = GenerativeLosses.TopKDivergence(
                tempered,
                tensor(ids, device: device).reshape(-1, teacher.K),
                tensor(teacherLogProbabilities, device: device).reshape(-1, teacher.K),
                weights,
                teacher.Temperature);
        }

        return new RewardLossTerms(rank, sft, kl);
    }

    /// <summary>The objective's mean over the pairs.</summary>
    public static Tensor Ranking(RewardModelOutput output, PreferenceBatch batch, TrainingOptions options)
    {
        (Tensor chosen, Tensor rejected) = (output.Chosen, output.Rejected);
        Tensor Values(IEnumerable<float> values) => tensor(values.ToArray(), device: chosen.device);
        return options.Objective switch
        {
            RewardObjective.MarginRegression => RankingLosses.MarginRegression(chosen, rejected, Values(batch.Margins), options.MarginScale),
            RewardObjective.BradleyTerry => RankingLosses.BradleyTerry(chosen, rejected),
            RewardObjective.BradleyTerryMargin => RankingLosses.BradleyTerryMargin(chosen, rejected, Values(batch.Margins), options.MarginScale),
            RewardObjective.SoftLabel => RankingLosses.SoftLabel(chosen, rejected, Values(batch.Margins), options.MarginScale),
            RewardObjective.Pointwise => RankingLosses.Pointwise(
                chosen,
                rejected,
                Values(batch.ChosenScores.Select(RankingLosses.NormalizedScore)),
                Values(batch.RejectedScores.Select(RankingLosses.NormalizedScore))),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Objective, "Unknown objective."),
        };
    }

    /// <summary>Whether a pair has the numbers that an objective needs.</summary>
    public static bool HasTargets(TokenizedPair pair, RewardObjective objective) => objective switch
    {
        RewardObjective.BradleyTerry => true,
        RewardObjective.Pointwise => float.IsFinite(pair.ChosenScore) && float.IsFinite(pair.RejectedScore),
        _ => float.IsFinite(pair.Margin),
    };
}
