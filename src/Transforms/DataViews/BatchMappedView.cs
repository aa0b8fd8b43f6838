using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>The input plus the mapping's outputs. Nothing is computed before a cursor that asked for an output moves.</summary>
internal sealed class BatchMappedView : IDataView
{
    private readonly BatchBinding _binding;
    private readonly IDataView _source;

    public BatchMappedView(BatchBinding binding, IDataView source)
    {
        _binding = binding;
        _source = source;
    }

    /// <summary>Rows come in the order of the input, so that batches and journals repeat.</summary>
    public bool CanShuffle => false;

    public DataViewSchema Schema => _binding.OutputSchema;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        HashSet<int> columns = [.. columnsNeeded.Select(c => c.Index)];
        return Wrap(_source.GetRowCursor(_binding.Dependencies(columns)), columns);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        HashSet<int> columns = [.. columnsNeeded.Select(c => c.Index)];
        return [.. _source.GetRowCursorSet(_binding.Dependencies(columns), n).Select(c => Wrap(c, columns))];
    }

    private DataViewRowCursor Wrap(DataViewRowCursor source, HashSet<int> columns)
    {
        bool[] activeOutputs = _binding.ActiveOutputs(columns);
        return activeOutputs.Contains(true)
            ? new BatchCursor(_binding, source, columns, activeOutputs)
            : new PassThroughCursor(_binding, source, columns);
    }
}
