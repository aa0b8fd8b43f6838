namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>
/// What a row mapping has to say about itself to become a lazy, batched, optionally concurrent <see cref="IDataView"/>
/// and a row mapper for <c>PredictionEngine</c>. See <see cref="BatchMapping"/>.
/// </summary>
internal interface IBatchMapping
{
    /// <summary>The columns that are read; bound by name.</summary>
    IReadOnlyList<InputColumn> Inputs { get; }

    /// <summary>The columns that are written, appended to the input's in this order.</summary>
    IReadOnlyList<OutputColumn> Outputs { get; }

    /// <summary>Rows that one call of <see cref="MapAsync"/> gets at most.</summary>
    int BatchSize { get; }

    /// <summary>
    /// Batches that may be in work at once. 1: each batch is mapped on the reading thread, when its first row is asked
    /// for.
    /// </summary>
    int BatchesInFlight { get; }

    /// <summary>
    /// Batches that may be read ahead, done ones that wait for a slow one before them included; at least
    /// <see cref="BatchesInFlight"/>.
    /// </summary>
    int LookAhead => BatchesInFlight;

    /// <summary>Whether an input is needed for the outputs that somebody asked for; an input that is not needed is not read.</summary>
    bool NeedsInput(int input, IReadOnlyList<bool> activeOutputs) => true;

    /// <summary>Fills the active outputs of every row. The value of an output must not depend on which other outputs are active.</summary>
    Task MapAsync(BatchRows rows, CancellationToken cancellationToken);
}
