using Microsoft.Extensions.AI;
using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has the teacher rate the answers of each prompt. Lazy: a column that nobody reads costs no call. No row is dropped; what
/// failed says why in the status.
/// </summary>
public sealed class RankCandidatesTransformer : ITransformer, IDisposable
{
    private readonly TeacherClient _client;
    private readonly bool _ownsClient;
    private readonly RankCandidatesMapping _mapping;

    internal RankCandidatesTransformer(IChatClient teacher, RankCandidatesOptions options)
    {
        (_client, _ownsClient) = TeacherClient.From(teacher, options.Client);
        _mapping = new RankCandidatesMapping(_client, options);
    }

    /// <summary>What the teacher has done so far, for this and every other transform that shares the teacher client.</summary>
    public TeacherProgress Progress => _client.Progress;

    internal TeacherClient Client => _client;

    bool ITransformer.IsRowToRowMapper => true;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => BatchMapping.GetOutputSchema(_mapping, inputSchema);

    /// <inheritdoc/>
    public IDataView Transform(IDataView input) => BatchMapping.Transform(_mapping, input);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => BatchMapping.GetRowToRowMapper(_mapping, inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx) => TeacherTransforms.SavePassThrough(ctx);

    /// <summary>Closes the journal, unless the teacher client was given from outside. The chat client stays open.</summary>
    public void Dispose()
    {
        if (_ownsClient)
        {
            _client.Dispose();
        }
    }
}
