using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Scoring;

namespace Microsoft.ML.RewardModeling;

/// <summary>Turns lists of scored answers, or pairs gathered by prompt, into tokenized lists and counts what could not be used.</summary>
internal static class ListPreparation
{
    /// <summary>The lists of a view with a column of candidates. Answers without text, without a score or marked as unusable are left out.</summary>
    public static IEnumerable<AnswerList> FromCandidates(IEnumerable<(CandidateSet Set, string Prompt, string TeacherResponse)> rows, PairCounts counts)
    {
        foreach ((CandidateSet set, string prompt, string teacher) in rows)
        {
            counts.Rows++;
            if (set.Status is { } status && status != TeacherStatus.Ok)
            {
                counts.Skip(status);
                continue;
            }

            yield return new AnswerList(
                set.Id,
                prompt,
                [.. set.Candidates
                    .Where(candidate => candidate.Score is not null && candidate.Status is null or TeacherStatus.Ok && !string.IsNullOrWhiteSpace(candidate.Response))
                    .Select(candidate => (candidate.Response, candidate.Score!.Value))],
                teacher);
        }
    }

    /// <summary>
    /// The lists that pairs of one prompt make: where every pair has both scores, all its answers in one list, an answer that
    /// occurs with several scores at their mean; else each pair is a list of two.
    /// </summary>
    public static IEnumerable<AnswerList> FromPairs(IEnumerable<PairRow> rows, PairCounts counts)
    {
        List<PairRow> usable = [];
        foreach (PairRow row in rows)
        {
            counts.Rows++;
            if (row.TeacherStatus.Length > 0 && row.TeacherStatus != TeacherStatus.Ok)
            {
                counts.Skip(row.TeacherStatus);
                continue;
            }

            PairPreparation.RequireTexts(row);
            usable.Add(row);
        }

        foreach (IGrouping<string, PairRow> group in usable.GroupBy(row => row.Prompt, StringComparer.Ordinal))
        {
            PairRow first = group.First();
            string teacher = group.Select(row => row.TeacherResponse).FirstOrDefault(text => !string.IsNullOrWhiteSpace(text)) ?? string.Empty;
            if (group.All(row => float.IsFinite(row.ChosenScore) && float.IsFinite(row.RejectedScore)))
            {
                yield return new AnswerList(
                    first.Id,
                    group.Key,
                    [.. group.SelectMany(row => new[] { (Text: Chosen(row), Score: row.ChosenScore), (Text: row.Rejected, Score: row.RejectedScore) })
                        .GroupBy(answer => answer.Text, StringComparer.Ordinal)
                        .Select(same => (same.Key, same.Average(answer => answer.Score)))],
                    teacher);
                continue;
            }

            foreach (PairRow row in group)
            {
                yield return new AnswerList(row.Id, row.Prompt, [(Chosen(row), 1), (row.Rejected, 0)], row.TeacherResponse);
            }
        }
    }

    /// <summary>
    /// The tokenized lists in order, each with its prompt. A list needs two answers that differ in tokens and in score; of
    /// answers with the same tokens the first counts.
    /// </summary>
    /// <exception cref="RewardModelingException">A prompt is empty.</exception>
    public static List<(string Prompt, TokenizedPair Pair)> Prepare(
        IEnumerable<AnswerList> lists, RewardTextEncoder encoder, PairCounts counts, CancellationToken cancellationToken)
    {
        List<(string, TokenizedPair)> prepared = [];
        foreach (AnswerList list in lists)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Tokenize(list, encoder, counts) is { } pair)
            {
                prepared.Add((list.Prompt, pair));
            }
        }

        counts.Used = prepared.Count;
        counts.Unit = "lists";
        return prepared;
    }

    private static TokenizedPair? Tokenize(AnswerList list, RewardTextEncoder encoder, PairCounts counts)
    {
        PairPreparation.Require(list.Id, "prompt", list.Prompt);
        ChatTurn[] prompt = RewardModelMapping.ToTurns(list.Prompt);
        (EncodedText Text, float Score)[] answers =
        [
            .. list.Answers.Select(answer => (Text: encoder.Encode(prompt, answer.Response), answer.Score))
                .DistinctBy(answer => string.Join(' ', answer.Text.Ids))
                .OrderByDescending(answer => answer.Score),
        ];
        if (answers.Length < 2 || answers[0].Score <= answers[^1].Score)
        {
            counts.WithoutTargets++;
            return null;
        }

        EncodedText? teacher = string.IsNullOrWhiteSpace(list.TeacherResponse) ? null : encoder.Encode(prompt, list.TeacherResponse);
        bool truncated = answers.Any(answer => answer.Text.Truncated) || teacher?.Truncated == true;
        counts.Truncated += truncated ? 1 : 0;
        counts.WithTeacher += teacher is null ? 0 : 1;
        return new TokenizedPair(list.Id, PairPreparation.Sequence(answers[0].Text), PairPreparation.Sequence(answers[^1].Text))
        {
            Margin = answers[0].Score - answers[^1].Score,
            ChosenScore = answers[0].Score,
            RejectedScore = answers[^1].Score,
            Ranked = [.. answers.Select(answer => new ScoredSequence(answer.Text.Ids, answer.Score))],
            Teacher = teacher is null ? null : PairPreparation.Sequence(teacher),
            Truncated = truncated,
        };
    }

    private static string Chosen(PairRow row) => row.RefinedChosen.Length > 0 ? row.RefinedChosen : row.Chosen;
}
