using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Training;
using Microsoft.ML.RewardModeling.Scoring;

namespace Microsoft.ML.RewardModeling;

/// <summary>Turns rows into tokenized pairs and counts what could not be used.</summary>
internal static class PairPreparation
{
    /// <summary>
    /// The usable pairs in order, each with its prompt (which decides the split). A row whose status is not "ok" is skipped;
    /// a refined answer takes the place of the chosen one; pairs whose answers have the same tokens are dropped.
    /// </summary>
    /// <exception cref="RewardModelingException">A row has an empty prompt or answer.</exception>
    public static List<(string Prompt, TokenizedPair Pair)> Prepare(
        IEnumerable<PairRow> rows, RewardTextEncoder encoder, RewardObjective objective, PairCounts counts, CancellationToken cancellationToken)
    {
        var pairs = new List<(string, TokenizedPair)>();
        foreach (PairRow row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            counts.Rows++;
            if (row.TeacherStatus.Length > 0 && row.TeacherStatus != TeacherStatus.Ok)
            {
                counts.Skip(row.TeacherStatus);
                continue;
            }

            if (Tokenize(row, encoder, objective, counts) is { } pair)
            {
                pairs.Add((row.Prompt, pair));
            }
        }

        counts.Used = pairs.Count;
        return pairs;
    }

    private static TokenizedPair? Tokenize(PairRow row, RewardTextEncoder encoder, RewardObjective objective, PairCounts counts)
    {
        string chosen = row.RefinedChosen.Length > 0 ? row.RefinedChosen : row.Chosen;
        RequireTexts(row);
        ChatTurn[] prompt = RewardModelMapping.ToTurns(row.Prompt);
        EncodedText better = encoder.Encode(prompt, chosen);
        EncodedText worse = encoder.Encode(prompt, row.Rejected);
        var pair = new TokenizedPair(row.Id, Sequence(better), Sequence(worse))
        {
            Margin = float.IsNaN(row.Margin) ? row.ChosenScore - row.RejectedScore : row.Margin,
            ChosenScore = row.ChosenScore,
            RejectedScore = row.RejectedScore,
        };
        if (!RewardLossTerms.HasTargets(pair, objective))
        {
            counts.WithoutTargets++;
            return null;
        }

        if (better.Ids.AsSpan().SequenceEqual(worse.Ids))
        {
            counts.Equal++;
            return null;
        }

        EncodedText? teacher = string.IsNullOrWhiteSpace(row.TeacherResponse) ? null : encoder.Encode(prompt, row.TeacherResponse);
        bool truncated = better.Truncated || worse.Truncated || teacher?.Truncated == true;
        counts.Truncated += truncated ? 1 : 0;
        counts.WithTeacher += teacher is null ? 0 : 1;
        return pair with { Teacher = teacher is null ? null : Sequence(teacher), Truncated = truncated };
    }

    /// <summary>Throws for a row without a text it must have.</summary>
    public static void RequireTexts(PairRow row)
    {
        Require(row.Id, "prompt", row.Prompt);
        Require(row.Id, "chosen answer", row.RefinedChosen.Length > 0 ? row.RefinedChosen : row.Chosen);
        Require(row.Id, "rejected answer", row.Rejected);
    }

    public static void Require(string id, string what, string text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new RewardModelingException($"Row '{id}' has an empty {what}; expected text. Correct the row or leave it out.");
        }
    }

    public static TokenizedSequence Sequence(EncodedText text) => new(text.Ids, text.PromptLength);
}
