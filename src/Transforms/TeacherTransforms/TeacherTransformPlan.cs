using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling.TeacherTransforms;

/// <summary>
/// What every estimator of a teacher transform is made of: whom it asks, which columns it reads and writes, and what it does to
/// a row. Nothing is learned from data, so fitting only checks the schema and makes the clients.
/// </summary>
internal sealed class TeacherTransformPlan
{
    private readonly IHost _host;
    private readonly IReadOnlyList<IChatClient> _chats;
    private readonly TeacherClientOptions _calling;
    private readonly TeacherColumns _columns;
    private readonly Func<IReadOnlyList<TeacherClient>, MapRow> _bind;

    /// <param name="environment">The environment to register and log in.</param>
    /// <param name="name">The estimator's name.</param>
    /// <param name="chats">Whom to ask.</param>
    /// <param name="calling">How to call those that are no teacher client yet.</param>
    /// <param name="columns">What is read and written.</param>
    /// <param name="bind">Makes the function of a row when the clients are there, in the order of <paramref name="chats"/>.</param>
    public TeacherTransformPlan(
        IHostEnvironment environment, string name, IReadOnlyList<IChatClient> chats, TeacherClientOptions calling, TeacherColumns columns,
        Func<IReadOnlyList<TeacherClient>, MapRow> bind)
    {
        _host = environment.Register(name);
        _chats = chats;
        _calling = calling;
        _columns = columns;
        _bind = bind;
    }

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return SchemaShapes.Append(inputSchema, _columns.Inputs, _columns.Outputs);
    }

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public FittedTeacherTransform Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        _ = BatchBinding.Bind(_columns.Inputs, input.Schema);
        FittedTeacherTransform fitted = new(_chats, _calling, _columns, _bind);
        using IChannel channel = _host.Start(nameof(Fit));
        foreach (TeacherClient client in fitted.Clients)
        {
            channel.Info(
                MessageSensitivity.None, "teacher {0}, journal {1}, at most {2} calls at once",
                client.ModelId, client.Options.JournalPath, client.Options.Concurrency);
        }

        return fitted;
    }
}
