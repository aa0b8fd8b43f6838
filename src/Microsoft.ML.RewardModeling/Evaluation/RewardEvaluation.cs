using Microsoft.ML.RewardModeling.Evaluation;

namespace Microsoft.ML.RewardModeling;

/// <summary>Computes <see cref="RewardModelMetrics"/> from rewards, whatever gave them.</summary>
public static class RewardEvaluation
{
    /// <summary>Metrics over labelled pairs.</summary>
    /// <param name="pairs">The pairs; at least one.</param>
    /// <returns>The metrics.</returns>
    /// <exception cref="RewardModelingException">There is no pair, or a reward is NaN or infinite; the pair is named.</exception>
    public static RewardModelMetrics Evaluate(IEnumerable<EvaluatedPair> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        EvaluatedPair[] all = [.. pairs];
        if (all.Length == 0)
        {
            throw new RewardModelingException("There are no pairs to evaluate; expected at least one labelled pair. Check the file and its filters.");
        }

        foreach (EvaluatedPair pair in all)
        {
            if (!float.IsFinite(pair.ChosenReward) || !float.IsFinite(pair.RejectedReward))
            {
                throw new RewardModelingException(
                    $"Pair '{pair.Id}' has rewards {pair.ChosenReward} (chosen) and {pair.RejectedReward} (rejected); expected finite numbers. The model that gave them cannot be trusted.");
            }
        }

        double[] differences = [.. all.Select(p => p.Difference)];
        IReadOnlyList<CalibrationBin> bins = Calibration.Bins(differences);
        EvaluatedPair[] withMargin = [.. all.Where(p => !float.IsNaN(p.Margin))];
        SubsetMetrics overall = Subset(all);
        return new RewardModelMetrics
        {
            Accuracy = overall.Accuracy,
            Pairs = overall.Pairs,
            Ties = overall.Ties,
            Ci95 = overall.Ci95,
            LengthBaseline = overall.LengthBaseline,
            MarginSpearman = RankCorrelation.Spearman([.. withMargin.Select(p => p.Difference)], [.. withMargin.Select(p => (double)p.Margin)]),
            Ece = Calibration.ExpectedError(bins),
            Brier = Calibration.Brier(differences),
            CalibrationBins = bins,
            Subsets = new SortedDictionary<string, SubsetMetrics>(
                all.Where(p => !string.IsNullOrEmpty(p.Subset)).GroupBy(p => p.Subset!, StringComparer.Ordinal)
                    .ToDictionary(g => g.Key, g => Subset([.. g])), StringComparer.Ordinal),
        };
    }

    private static SubsetMetrics Subset(EvaluatedPair[] pairs)
    {
        double[] differences = [.. pairs.Select(p => p.Difference)];
        double accuracy = PairwiseAccuracy.Of(differences);
        return new SubsetMetrics(
            pairs.Length, accuracy, differences.Count(d => d == 0), PairwiseAccuracy.Wilson(accuracy, pairs.Length), PairwiseAccuracy.OfLength(pairs));
    }
}
