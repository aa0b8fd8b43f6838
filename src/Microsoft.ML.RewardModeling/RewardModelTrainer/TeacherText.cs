using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Scoring;

namespace Microsoft.ML.RewardModeling;

/// <summary>A teacher response that a distribution is wanted for.</summary>
/// <param name="Id">Names the row in errors.</param>
/// <param name="Prompt">The conversation before it.</param>
/// <param name="Response">The response.</param>
/// <param name="Sequence">Both as ids of the student.</param>
internal sealed record TeacherText(string Id, ChatTurn[] Prompt, string Response, TokenizedSequence Sequence)
{
    /// <summary>The teacher responses of usable rows in order, each text once.</summary>
    public static List<TeacherText> Read(IDataView view, RewardTextEncoder encoder, TeacherLogitsOptions options)
    {
        RewardModelColumns columns = options.Columns;
        PairColumnNames names = new() { Prompt = columns.Prompt, Chosen = columns.Chosen, Rejected = columns.Rejected };
        List<TeacherText> texts = [];
        HashSet<(string, string)> known = [];
        foreach (PairRow row in PairRows.Read(view, names))
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            if (row.TeacherStatus is { Length: > 0 } and not TeacherStatus.Ok || string.IsNullOrWhiteSpace(row.TeacherResponse) || !known.Add((row.Prompt, row.TeacherResponse)))
            {
                continue;
            }

            PairPreparation.Require(row.Id, "prompt", row.Prompt);
            ChatTurn[] prompt = RewardModelMapping.ToTurns(row.Prompt);
            TokenizedSequence sequence = PairPreparation.Sequence(encoder.Encode(prompt, row.TeacherResponse));
            if (sequence.Labels > 0)
            {
                texts.Add(new TeacherText(row.Id, prompt, row.TeacherResponse, sequence));
            }
        }

        return texts;
    }
}
