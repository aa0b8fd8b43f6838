using Microsoft.Extensions.AI;
using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has several models answer every prompt. Lazy: a column that nobody reads costs no call. No row is dropped; what failed says
/// why in the candidate, and in the status where no model answered.
/// </summary>
public sealed class SampleCandidatesTransformer : ITransformer, IDisposable
{
    private readonly (TeacherClient Client, bool IsNew)[] _clients;
    private readonly SampleCandidatesMapping _mapping;

    internal SampleCandidatesTransformer(IReadOnlyList<IChatClient> models, SampleCandidatesOptions options)
    {
        _clients = [.. models.Select(m => TeacherClient.From(m, options.Client))];
        _mapping = new SampleCandidatesMapping(Clients, options);
    }

    /// <summary>What each model has done so far, in the order given, for this and every other transform that shares its teacher client.</summary>
    public IReadOnlyList<TeacherProgress> Progress => [.. _clients.Select(c => c.Client.Progress)];

    internal IReadOnlyList<TeacherClient> Clients => [.. _clients.Select(c => c.Client)];

    bool ITransformer.IsRowToRowMapper => true;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => BatchMapping.GetOutputSchema(_mapping, inputSchema);

    /// <inheritdoc/>
    public IDataView Transform(IDataView input) => BatchMapping.Transform(_mapping, input);

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => BatchMapping.GetRowToRowMapper(_mapping, inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx) => TeacherTransforms.SavePassThrough(ctx);

    /// <summary>Closes the journals, except those of teacher clients that were given from outside. The chat clients stay open.</summary>
    public void Dispose()
    {
        foreach ((TeacherClient client, bool isNew) in _clients)
        {
            if (isNew)
            {
                client.Dispose();
            }
        }
    }
}
