using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.DataViews;

namespace Microsoft.ML.RewardModeling;

/// <summary>Reads lists of answers back out of an <see cref="IDataView"/>, for the trainer.</summary>
internal static class CandidateRows
{
    /// <summary>Whether a view has lists of answers.</summary>
    public static bool AreIn(IDataView view) => view.Schema.GetColumnOrNull(RewardColumns.Candidates) is not null;

    /// <summary>The rows in order, each with its teacher response, empty where there is none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Prompt or Candidates is missing or has another type.</exception>
    /// <exception cref="RewardModelingException">A cell is no list of answers.</exception>
    public static IEnumerable<(CandidateSet Set, string Prompt, string TeacherResponse)> Read(IDataView view, string promptColumn)
    {
        InputColumn[] inputs =
        [
            new(promptColumn, ColumnKind.Text), new(RewardColumns.Candidates, ColumnKind.Text), new(RewardColumns.Id, ColumnKind.Text, true),
            new(RewardColumns.TeacherStatus, ColumnKind.Text, true), new(RewardColumns.TeacherResponse, ColumnKind.Text, true),
        ];
        DataViewSchema.Column?[] columns = BatchBinding.Bind(inputs, view.Schema);
        using DataViewRowCursor cursor = view.GetRowCursor(columns.Where(c => c is not null).Select(c => c!.Value));
        Func<string>[] texts = [.. columns.Select(column => column is { } found ? Reader(cursor, found) : () => string.Empty)];
        while (cursor.MoveNext())
        {
            string prompt = texts[0](), id = texts[2](), status = texts[3]();
            CandidateSet set = new()
            {
                Id = id.Length > 0 ? id : $"row-{cursor.Position}",
                Prompt = Conversation.FromColumnText(prompt),
                Candidates = CandidateList.FromColumnText(texts[1]()),
                Status = status.Length > 0 ? status : TeacherStatus.Ok,
            };
            yield return (set, prompt, texts[4]());
        }
    }

    private static Func<string> Reader(DataViewRow cursor, DataViewSchema.Column column)
    {
        ValueGetter<ReadOnlyMemory<char>> getter = cursor.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> value = default;
        return () =>
        {
            getter(ref value);
            return value.ToString();
        };
    }
}
