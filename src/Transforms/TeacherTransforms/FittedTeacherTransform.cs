using Microsoft.Extensions.AI;
using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.DataViews;

namespace Microsoft.ML.RewardModeling.TeacherTransforms;

/// <summary>What every teacher transformer is made of: clients, those of its own closed with it, and a mapping of rows.</summary>
internal sealed class FittedTeacherTransform : IDisposable
{
    private readonly List<TeacherClient> _owned = [];
    private readonly TeacherMapping _mapping;

    public FittedTeacherTransform(
        IReadOnlyList<IChatClient> chats, TeacherClientOptions calling, TeacherColumns columns, Func<IReadOnlyList<TeacherClient>, MapRow> bind)
    {
        List<TeacherClient> clients = [];
        foreach (IChatClient chat in chats)
        {
            (TeacherClient client, bool isNew) = TeacherClient.From(chat, calling);
            clients.Add(client);
            if (isNew)
            {
                _owned.Add(client);
            }
        }

        Clients = clients;
        _mapping = new TeacherMapping(columns, clients.Max(c => c.Options.Concurrency), bind(clients));
    }

    public IReadOnlyList<TeacherClient> Clients { get; }

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => BatchMapping.GetOutputSchema(_mapping, inputSchema);

    public IDataView Transform(IDataView input) => BatchMapping.Transform(_mapping, input);

    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => BatchMapping.GetRowToRowMapper(_mapping, inputSchema);

    /// <summary>
    /// Teacher transforms prepare training data. A file cannot hold a connection to a teacher, and a pipeline that is served
    /// must not pay for one, so what is saved in their place passes rows through.
    /// </summary>
    public static void SavePassThrough(ModelSaveContext context) => ((ICanSaveModel)new TransformerChain<ITransformer>()).Save(context);

    public void Dispose() => _owned.ForEach(client => client.Dispose());
}
