using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Adds the teacher's own answer to every prompt that has none. Nothing is learned from the data: fitting asks nothing,
/// and the transformer asks only for columns that are read.
/// </summary>
public sealed class TeacherRespondEstimator : IEstimator<TeacherRespondTransformer>
{
    private readonly IHost _host;
    private readonly IChatClient _teacher;
    private readonly TeacherRespondOptions _options;

    internal TeacherRespondEstimator(IHostEnvironment environment, IChatClient teacher, TeacherRespondOptions? options)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        _host = environment.Register(nameof(TeacherRespondEstimator));
        _teacher = teacher;
        _options = options ?? new TeacherRespondOptions();
        _options.Validate();
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">Data whose schema is checked; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public TeacherRespondTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        TeacherRespondTransformer transformer = new(_teacher, _options);
        transformer.GetOutputSchema(input.Schema);
        using IChannel channel = _host.Start(nameof(Fit));
        channel.Info(MessageSensitivity.None, "teacher {0}, journal {1}, at most {2} calls at "
            + "once", transformer.Client.ModelId, transformer.Client.Options.JournalPath, transformer.Client.Options.Concurrency);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return SchemaShapes.Append(inputSchema, TeacherRespondMapping.InputsOf(_options), TeacherRespondMapping.OutputsOf(_options));
    }
}
