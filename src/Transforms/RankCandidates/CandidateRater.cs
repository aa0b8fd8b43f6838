using Microsoft.ML.RewardModeling.Teachers;
using Microsoft.ML.RewardModeling.TeacherTransforms;

namespace Microsoft.ML.RewardModeling;

/// <summary>What came of rating one answer, and of all ratings of a list.</summary>
internal sealed record RatedAnswers(float[] Scores, string[] Statuses, float Disagreement)
{
    public bool IsOutstanding => Statuses.Contains(TeacherStatus.Outstanding);
}

/// <summary>Rates different answers to one prompt: singly or in pairs, each pair in both orders.</summary>
internal sealed class CandidateRater(Teacher teacher, RankCandidatesOptions options)
{
    public Ties Ties { get; } = new(options.TiePolicy, options.MinimumMargin);

    /// <summary>A score for each answer that could be rated, NaN for the others; near ties between best and worst are looked at twice.</summary>
    public async Task<RatedAnswers> RateAsync(Conversation prompt, IReadOnlyList<string> answers, CancellationToken cancellationToken)
    {
        if (options.Rating == CandidateRating.Pointwise)
        {
            Outcome<float>[] singles = await Task.WhenAll(answers.Select(a => teacher.ScoreSingleAsync(prompt, a, cancellationToken))).ConfigureAwait(false);
            return new RatedAnswers([.. singles.Select(s => s.IsOk ? s.Value : float.NaN)], [.. singles.Select(s => s.Status)], float.NaN);
        }

        (int First, int Second)[] pairs = [.. Pairs(answers.Count, options.Rating == CandidateRating.Anchored ? options.Anchors : answers.Count)];
        Outcome<PairRating>[] ratings = await Task.WhenAll(
            pairs.Select(p => teacher.ScorePairAsync(prompt, answers[p.First], answers[p.Second], round: 1, cancellationToken))).ConfigureAwait(false);
        RatedAnswers rated = Mean(answers.Count, pairs, ratings);
        return rated.IsOutstanding ? rated : await LookAgainAsync(prompt, answers, rated, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The positions of the best and the worst rated answer; of equal ones the first is better. Null with fewer than two.</summary>
    public static (int Best, int Worst)? Ends(float[] scores)
    {
        int[] order = [.. Enumerable.Range(0, scores.Length).Where(i => !float.IsNaN(scores[i])).OrderByDescending(i => scores[i])];
        return order.Length < 2 ? null : (order[0], order[^1]);
    }

    /// <summary>Unordered pairs that hold one of the first <paramref name="anchors"/> answers.</summary>
    private static IEnumerable<(int First, int Second)> Pairs(int count, int anchors)
    {
        for (int first = 0; first < Math.Min(anchors, count); first++)
        {
            for (int second = first + 1; second < count; second++)
            {
                yield return (first, second);
            }
        }
    }

    private static RatedAnswers Mean(int count, (int First, int Second)[] pairs, Outcome<PairRating>[] ratings)
    {
        double[] sums = new double[count];
        int[] compared = new int[count];
        string[] statuses = [.. Enumerable.Repeat(TeacherStatus.Ok, count)];
        double disagreement = 0;
        for (int i = 0; i < pairs.Length; i++)
        {
            (int first, int second) = pairs[i];
            if (ratings[i].IsOk)
            {
                sums[first] += ratings[i].Value.First;
                sums[second] += ratings[i].Value.Second;
                compared[first]++;
                compared[second]++;
                disagreement += ratings[i].Value.Disagreement;
                continue;
            }

            statuses[first] = Later(statuses[first], ratings[i].Status);
            statuses[second] = Later(statuses[second], ratings[i].Status);
        }

        // A comparison that failed takes nothing from an answer that was rated in others; one that is outstanding does, for now.
        float[] scores = [.. sums.Select((sum, i) => compared[i] > 0 ? (float)(sum / compared[i]) : float.NaN)];
        return new RatedAnswers(
            scores,
            [.. statuses.Select((s, i) => s == TeacherStatus.Outstanding || compared[i] == 0 ? s : TeacherStatus.Ok)],
            ratings.Any(r => r.IsOk) ? (float)(disagreement / ratings.Count(r => r.IsOk)) : float.NaN);
    }

    private static string Later(string known, string next) => known == TeacherStatus.Ok || next == TeacherStatus.Outstanding ? next : known;

    private async Task<RatedAnswers> LookAgainAsync(Conversation prompt, IReadOnlyList<string> answers, RatedAnswers rated, CancellationToken cancellationToken)
    {
        if (Ends(rated.Scores) is not { } ends || !Ties.IsWorthAnotherRating(rated.Scores[ends.Best] - rated.Scores[ends.Worst]))
        {
            return rated;
        }

        (int first, int second) = (Math.Min(ends.Best, ends.Worst), Math.Max(ends.Best, ends.Worst));
        Outcome<PairRating> again = await teacher.ScorePairAsync(prompt, answers[first], answers[second], round: 2, cancellationToken).ConfigureAwait(false);
        if (again.IsOk)
        {
            rated.Scores[first] = (rated.Scores[first] + again.Value.First) / 2;
            rated.Scores[second] = (rated.Scores[second] + again.Value.Second) / 2;
        }
        else if (again.Status == TeacherStatus.Outstanding)
        {
            rated.Statuses[first] = again.Status;
        }

        return rated;
    }
}
