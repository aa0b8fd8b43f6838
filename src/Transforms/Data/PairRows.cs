using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.DataViews;

namespace Microsoft.ML.RewardModeling;

/// <summary>Reads the pairs back out of an <see cref="IDataView"/>, for the trainer and the writer.</summary>
internal static class PairRows
{
    /// <summary>
    /// The rows in order. Columns that are absent read as empty text or NaN, an absent status as "ok", an absent id as
    /// the row number.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Prompt, chosen or rejected is missing, or a column has another type.</exception>
    public static IEnumerable<PairRow> Read(IDataView view, PairColumnNames? names = null)
    {
        names ??= new PairColumnNames();
        (InputColumn Column, Action<PairRow, string>? SetText, Action<PairRow, float>? SetSingle)[] fields =
        [
            (new(names.Id, ColumnKind.Text, true), (row, value) => row.Id = value, null),
            (new(names.Prompt, ColumnKind.Text), (row, value) => row.Prompt = value, null),
            (new(names.Chosen, ColumnKind.Text), (row, value) => row.Chosen = value, null),
            (new(names.Rejected, ColumnKind.Text), (row, value) => row.Rejected = value, null),
            (new(names.ChosenScore, ColumnKind.Single, true), null, (row, value) => row.ChosenScore = value),
            (new(names.RejectedScore, ColumnKind.Single, true), null, (row, value) => row.RejectedScore = value),
            (new(names.Margin, ColumnKind.Single, true), null, (row, value) => row.Margin = value),
            (new(names.TeacherResponse, ColumnKind.Text, true), (row, value) => row.TeacherResponse = value, null),
            (new(names.RefinedChosen, ColumnKind.Text, true), (row, value) => row.RefinedChosen = value, null),
            (new(names.EditSimilarity, ColumnKind.Single, true), null, (row, value) => row.EditSimilarity = value),
            (new(names.TeacherStatus, ColumnKind.Text, true), (row, value) => row.TeacherStatus = value, null),
        ];
        DataViewSchema.Column?[] columns = BatchBinding.Bind([.. fields.Select(f => f.Column)], view.Schema);
        using DataViewRowCursor cursor = view.GetRowCursor(columns.Where(c => c is not null).Select(c => c!.Value));
        List<Action<PairRow>> readers = [];
        for (int i = 0; i < fields.Length; i++)
        {
            if (columns[i] is { } column)
            {
                readers.Add(fields[i].SetText is { } setText ? Reader(cursor, column, setText) : Reader(cursor, column, fields[i].SetSingle!));
            }
        }

        while (cursor.MoveNext())
        {
            PairRow row = new() { Id = $"row-{cursor.Position}" };
            readers.ForEach(read => read(row));
            yield return row;
        }
    }

    private static Action<PairRow> Reader(DataViewRow cursor, DataViewSchema.Column column, Action<PairRow, string> set)
    {
        ValueGetter<ReadOnlyMemory<char>> getter = cursor.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> value = default;
        return row =>
        {
            getter(ref value);
            set(row, value.ToString());
        };
    }

    private static Action<PairRow> Reader(DataViewRow cursor, DataViewSchema.Column column, Action<PairRow, float> set)
    {
        ValueGetter<float> getter = cursor.GetGetter<float>(column);
        float value = float.NaN;
        return row =>
        {
            getter(ref value);
            set(row, value);
        };
    }
}
