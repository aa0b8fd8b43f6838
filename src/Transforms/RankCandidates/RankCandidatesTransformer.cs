using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.TeacherTransforms;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has the teacher rate the answers of each prompt. Lazy: a column that nobody reads costs no call. No row is dropped; what
/// failed says why in the status.
/// </summary>
public sealed class RankCandidatesTransformer : ITransformer, IDisposable
{
    private readonly FittedTeacherTransform _fitted;

    internal RankCandidatesTransformer(FittedTeacherTransform fitted)
    {
        _fitted = fitted;
    }

    /// <summary>What the teacher has done so far, for this and every other transform that shares the teacher client.</summary>
    public TeacherProgress Progress => _fitted.Clients[0].Progress;

    bool ITransformer.IsRowToRowMapper => true;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => _fitted.GetOutputSchema(inputSchema);

    /// <inheritdoc/>
    public IDataView Transform(IDataView input) => _fitted.Transform(input);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => _fitted.GetRowToRowMapper(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx) => FittedTeacherTransform.SavePassThrough(ctx);

    /// <summary>Closes the journal, unless the teacher client was given from outside. The chat client stays open.</summary>
    public void Dispose() => _fitted.Dispose();
}
