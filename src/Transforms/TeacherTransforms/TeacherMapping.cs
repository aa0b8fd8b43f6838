using Microsoft.ML.RewardModeling.DataViews;

namespace Microsoft.ML.RewardModeling.TeacherTransforms;

/// <summary>Rows one by one, as many in work as keep the teacher busy.</summary>
internal sealed class TeacherMapping : IBatchMapping
{
    /// <summary>Rows in work per permitted request: enough that a slow row does not leave a permit idle.</summary>
    private const int RowsPerPermit = 2;

    /// <summary>Rows that may be done while a slower row before them is not (it may wait a minute for its retry).</summary>
    private const int RowsAheadPerPermit = 32;

    private readonly TeacherColumns _columns;
    private readonly MapRow _map;

    public TeacherMapping(TeacherColumns columns, int concurrency, MapRow map)
    {
        _columns = columns;
        _map = map;
        BatchesInFlight = RowsPerPermit * concurrency;
        LookAhead = RowsAheadPerPermit * concurrency;
    }

    public IReadOnlyList<InputColumn> Inputs => _columns.Inputs;

    public IReadOnlyList<OutputColumn> Outputs => _columns.Outputs;

    public int BatchSize => 1;

    public int BatchesInFlight { get; }

    public int LookAhead { get; }

    public async Task MapAsync(BatchRows rows, CancellationToken cancellationToken)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            await _map(rows, row, cancellationToken).ConfigureAwait(false);
        }
    }
}
