using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>
/// Reads rows ahead into a ring of batches, maps the batches (several at once where the mapping says so), and hands the
/// rows out in order with the ids and batch numbers of the input.
/// </summary>
internal sealed class BatchCursor : DataViewRowCursor
{
    private readonly BatchBinding _binding;
    private readonly DataViewRowCursor _source;
    private readonly HashSet<int> _columns;
    private readonly InputReader _inputs;
    private readonly ColumnBuffer?[] _passed;
    private readonly BatchRows[] _ring;
    private readonly DataViewRowId[] _ids;
    private readonly long[] _batchNumbers;
    private readonly ValueGetter<DataViewRowId> _idGetter;
    private readonly Queue<(int Index, Task Work)> _inFlight = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly object _gate = new();
    private readonly int _batchSize;
    private readonly int _mostWorking;
    private int _working;
    private int _nextBatch;
    private int _current;
    private int _row = -1;
    private long _rowsHandedOut;
    private bool _sourceEnded;

    public BatchCursor(BatchBinding binding, DataViewRowCursor source, HashSet<int> columns, bool[] activeOutputs)
    {
        _binding = binding;
        _source = source;
        _columns = columns;
        _batchSize = binding.Mapping.BatchSize;
        int batches = binding.Mapping.LookAhead;
        _mostWorking = binding.Mapping.BatchesInFlight;
        DataViewSchema.Column?[] bound = binding.BoundInputs(activeOutputs);
        _inputs = new InputReader(source, binding.Mapping, bound);
        _ring = [.. Enumerable.Range(0, batches).Select(_ => new BatchRows(binding.Mapping, [.. bound.Select(c => c is not null)], activeOutputs))];
        _ids = new DataViewRowId[batches * _batchSize];
        _batchNumbers = new long[batches * _batchSize];
        _idGetter = source.GetIdGetter();
        _passed = new ColumnBuffer?[binding.InputSchema.Count];
        foreach (int column in columns.Where(c => binding.OutputIndex(c) is null))
        {
            _passed[column] = ColumnBuffer.Create(source, source.Schema[column], batches * _batchSize);
        }
    }

    public override DataViewSchema Schema => _binding.OutputSchema;

    public override long Position => _row < 0 ? -1 : _rowsHandedOut - 1;

    public override long Batch => _row < 0 ? 0 : _batchNumbers[Slot];

    private int Row => _row >= 0 ? _row : throw new InvalidOperationException("The cursor is not on a row; call MoveNext first.");

    private int Slot => (_current * _batchSize) + Row;

    public override bool MoveNext()
    {
        if (_row >= 0 && _row + 1 < _ring[_current].Count)
        {
            _row++;
        }
        else if (!MoveToNextBatch())
        {
            _row = -1;
            return false;
        }

        _rowsHandedOut++;
        return true;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _ids[Slot];

    public override bool IsColumnActive(DataViewSchema.Column column) => _columns.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!_columns.Contains(column.Index))
        {
            throw Getters.Inactive(column);
        }

        Delegate getter = _binding.OutputIndex(column.Index) is { } output
            ? _binding.Mapping.Outputs[output].Kind == ColumnKind.Text
                ? (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = _ring[_current].GetOutputText(output, Row))
                : (ValueGetter<float>)((ref float value) => value = _ring[_current].GetOutputSingle(output, Row))
            : _passed[column.Index]!.CreateGetter(() => Slot);
        return Getters.Cast<TValue>(getter, column);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed.IsCancellationRequested)
        {
            _disposed.Cancel();
            foreach ((_, Task work) in _inFlight)
            {
                Blocking.WaitForEnd(work);
            }

            _inFlight.Clear();
            _source.Dispose();
            _disposed.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool MoveToNextBatch()
    {
        StartBatches();
        if (_inFlight.Count == 0)
        {
            return false;
        }

        // While the next batch is not done, batches behind it are started as others end, so that a slow one idles nobody.
        (_current, Task work) = _inFlight.Peek();
        while (_ring.Length > 1 && !work.IsCompleted)
        {
            WaitForChange(work);
            StartBatches();
        }

        Blocking.Wait(work);
        _inFlight.Dequeue();
        _row = 0;
        return true;
    }

    // The batch that was handed out last is free again here, so the whole ring may be in work.
    private void StartBatches()
    {
        while (!_sourceEnded && _inFlight.Count < _ring.Length && Volatile.Read(ref _working) < _mostWorking)
        {
            BatchRows rows = _ring[_nextBatch];
            Fill(rows, _nextBatch * _batchSize);
            if (rows.Count == 0)
            {
                return;
            }

            // With one batch the mapping runs here, on the reader's thread; otherwise on the pool, so that batches overlap.
            CancellationToken token = _disposed.Token;
            Task work = _ring.Length == 1 ? _binding.Mapping.MapAsync(rows, token) : Task.Run(() => _binding.Mapping.MapAsync(rows, token), token);
            Watch(work);
            _inFlight.Enqueue((_nextBatch, work));
            _nextBatch = (_nextBatch + 1) % _ring.Length;
        }
    }

    private void Watch(Task work)
    {
        lock (_gate)
        {
            _working++;
        }

        _ = work.ContinueWith(
            _ =>
            {
                lock (_gate)
                {
                    _working--;
                    Monitor.PulseAll(_gate);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Waits until the work is done or another batch can be started.</summary>
    private void WaitForChange(Task work)
    {
        lock (_gate)
        {
            while (!work.IsCompleted && (_sourceEnded || _inFlight.Count == _ring.Length || _working >= _mostWorking))
            {
                Monitor.Wait(_gate);
            }
        }
    }

    private void Fill(BatchRows rows, int firstSlot)
    {
        rows.Count = 0;
        while (rows.Count < _batchSize)
        {
            if (!_source.MoveNext())
            {
                _sourceEnded = true;
                return;
            }

            int slot = firstSlot + rows.Count;
            _inputs.Read(rows, rows.Count);
            foreach (ColumnBuffer? column in _passed)
            {
                column?.Fetch(slot);
            }

            _idGetter(ref _ids[slot]);
            _batchNumbers[slot] = _source.Batch;
            rows.Count++;
        }
    }
}
