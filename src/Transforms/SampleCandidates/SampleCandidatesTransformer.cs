using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.TeacherTransforms;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has several models answer every prompt. Lazy: a column that nobody reads costs no call. No row is dropped; what failed says
/// why in the candidate, and in the status where no model answered.
/// </summary>
public sealed class SampleCandidatesTransformer : ITransformer, IDisposable
{
    private readonly FittedTeacherTransform _fitted;

    internal SampleCandidatesTransformer(FittedTeacherTransform fitted)
    {
        _fitted = fitted;
    }

    /// <summary>What each model has done so far, in the order given, for this and every other transform that shares its teacher client.</summary>
    public IReadOnlyList<TeacherProgress> Progress => [.. _fitted.Clients.Select(c => c.Progress)];

    bool ITransformer.IsRowToRowMapper => true;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => _fitted.GetOutputSchema(inputSchema);

    /// <inheritdoc/>
    public IDataView Transform(IDataView input) => _fitted.Transform(input);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => _fitted.GetRowToRowMapper(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx) => FittedTeacherTransform.SavePassThrough(ctx);

    /// <summary>Closes the journals, except those of teacher clients that were given from outside. The chat clients stay open.</summary>
    public void Dispose() => _fitted.Dispose();
}
