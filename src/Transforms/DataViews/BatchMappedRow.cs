using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>One row with the mapping's outputs, computed once per position and only for outputs whose getters were taken.</summary>
internal sealed class BatchMappedRow : DataViewRow
{
    private readonly BatchBinding _binding;
    private readonly DataViewRow _input;
    private readonly HashSet<int> _columns;
    private readonly bool[] _requested;
    private BatchRows? _rows;
    private InputReader? _inputs;
    private long? _computedPosition;

    public BatchMappedRow(BatchBinding binding, DataViewRow input, HashSet<int> columns)
    {
        _binding = binding;
        _input = input;
        _columns = columns;
        _requested = new bool[binding.Mapping.Outputs.Count];
    }

    public override DataViewSchema Schema => _binding.OutputSchema;

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _columns.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!_columns.Contains(column.Index))
        {
            throw Getters.Inactive(column);
        }

        if (_binding.OutputIndex(column.Index) is not { } output)
        {
            return _input.GetGetter<TValue>(_input.Schema[column.Index]);
        }

        if (!_requested[output])
        {
            _requested[output] = true;
            _rows = null;
        }

        Delegate getter = _binding.Mapping.Outputs[output].Kind == ColumnKind.Text
            ? (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = Computed().GetOutputText(output, 0))
            : (ValueGetter<float>)((ref float value) => value = Computed().GetOutputSingle(output, 0));
        return Getters.Cast<TValue>(getter, column);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _input.Dispose();
        }

        base.Dispose(disposing);
    }

    private BatchRows Computed()
    {
        if (_rows is null)
        {
            DataViewSchema.Column?[] bound = _binding.BoundInputs(_requested);
            _rows = new BatchRows(_binding.Mapping, [.. bound.Select(c => c is not null)], [.. _requested]) { Count = 1 };
            _inputs = new InputReader(_input, _binding.Mapping, bound);
            _computedPosition = null;
        }

        if (_computedPosition != _input.Position)
        {
            _inputs!.Read(_rows, 0);
            Blocking.Wait(_binding.Mapping.MapAsync(_rows, CancellationToken.None));
            _computedPosition = _input.Position;
        }

        return _rows;
    }
}
