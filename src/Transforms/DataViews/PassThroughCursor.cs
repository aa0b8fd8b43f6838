using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>The cursor for readers that want no output of the mapping: the input's rows, and no work.</summary>
internal sealed class PassThroughCursor : DataViewRowCursor
{
    private readonly BatchBinding _binding;
    private readonly DataViewRowCursor _source;
    private readonly HashSet<int> _columns;

    public PassThroughCursor(BatchBinding binding, DataViewRowCursor source, HashSet<int> columns)
    {
        _binding = binding;
        _source = source;
        _columns = columns;
    }

    public override DataViewSchema Schema => _binding.OutputSchema;

    public override long Position => _source.Position;

    public override long Batch => _source.Batch;

    public override bool MoveNext() => _source.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => _source.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _columns.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        => _binding.OutputIndex(column.Index) is null
            ? _source.GetGetter<TValue>(_source.Schema[column.Index])
            : throw Getters.Inactive(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
        }

        base.Dispose(disposing);
    }
}
