using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has the teacher rate both answers, which decides chosen, rejected and the margin. Nothing is learned from the data:
/// fitting asks nothing, and the transformer asks only for columns that are read.
/// </summary>
public sealed class TeacherScoreMarginEstimator : IEstimator<TeacherScoreMarginTransformer>
{
    private readonly IHost _host;
    private readonly IChatClient _teacher;
    private readonly TeacherScoreMarginOptions _options;

    internal TeacherScoreMarginEstimator(IHostEnvironment environment, IChatClient teacher, TeacherScoreMarginOptions? options)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        _host = environment.Register(nameof(TeacherScoreMarginEstimator));
        _teacher = teacher;
        _options = options ?? new TeacherScoreMarginOptions();
        _options.Validate();
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">Data whose schema is checked; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public TeacherScoreMarginTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        TeacherScoreMarginTransformer transformer = new(_teacher, _options);
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
        return SchemaShapes.Append(inputSchema, TeacherScoreMarginMapping.InputsOf(_options), TeacherScoreMarginMapping.OutputsOf(_options));
    }
}
