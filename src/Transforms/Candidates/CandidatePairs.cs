using System.Globalization;

namespace Microsoft.ML.RewardModeling;

/// <summary>Pairs out of scored lists, as a pure function.</summary>
internal static class CandidatePairs
{
    /// <summary>The pairs of one list; ids are the row's id and the two ranks, counted from 1: <c>q7/1-3</c>.</summary>
    public static IEnumerable<PreferencePair> Of(CandidateSet set, ExpandPairsOptions options)
    {
        Candidate[] ranked = [.. set.Candidates.Where(c => c.Score is not null && c.Response.Length > 0).OrderByDescending(c => c.Score)];
        foreach ((int better, int worse) in Places(ranked.Length, options.Pairing))
        {
            float margin = ranked[better].Score!.Value - ranked[worse].Score!.Value;
            if (margin > 0 && margin >= options.MinimumMargin)
            {
                yield return new PreferencePair
                {
                    Id = string.Create(CultureInfo.InvariantCulture, $"{set.Id}/{better + 1}-{worse + 1}"),
                    Prompt = set.Prompt,
                    Chosen = ranked[better].Response,
                    Rejected = ranked[worse].Response,
                    ChosenScore = ranked[better].Score,
                    RejectedScore = ranked[worse].Score,
                    Margin = margin,
                };
            }
        }
    }

    private static IEnumerable<(int Better, int Worse)> Places(int count, CandidatePairing pairing)
    {
        for (int better = 0; better < count; better++)
        {
            for (int worse = better + 1; worse < count; worse++)
            {
                if (pairing == CandidatePairing.All
                    || (pairing == CandidatePairing.BestRest && better == 0)
                    || (pairing == CandidatePairing.Adjacent && worse == better + 1)
                    || (pairing == CandidatePairing.BestWorst && better == 0 && worse == count - 1))
                {
                    yield return (better, worse);
                }
            }
        }
    }
}
