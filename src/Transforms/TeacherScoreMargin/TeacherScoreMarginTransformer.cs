using Microsoft.Extensions.AI;
using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has the teacher rate both answers, which decides chosen, rejected and the margin. Lazy: a column that nobody reads
/// costs no call. No row is dropped; what failed says why in the status.
/// </summary>
public sealed class TeacherScoreMarginTransformer : ITransformer, IDisposable
{
    private readonly TeacherClient _client;
    private readonly bool _ownsClient;
    private readonly TeacherScoreMarginMapping _mapping;

    internal TeacherScoreMarginTransformer(IChatClient teacher, TeacherScoreMarginOptions options)
    {
        (_client, _ownsClient) = TeacherClient.From(teacher, options.Client);
        _mapping = new TeacherScoreMarginMapping(_client, options);
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

    /// <summary>Saved pipelines score; they do not teach. The image passes rows through, and no teacher is asked.</summary>
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
