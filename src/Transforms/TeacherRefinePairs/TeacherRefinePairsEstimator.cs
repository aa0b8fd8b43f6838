using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has the teacher edit each rejected answer minimally into a better one, and rate the edit. Nothing is learned from
/// the data: fitting asks nothing, and the transformer asks only for columns that are read.
/// </summary>
public sealed class TeacherRefinePairsEstimator : IEstimator<TeacherRefinePairsTransformer>
{
    private readonly IHost _host;
    private readonly IChatClient _teacher;
    private readonly TeacherRefinePairsOptions _options;

    internal TeacherRefinePairsEstimator(IHostEnvironment environment, IChatClient teacher, TeacherRefinePairsOptions? options)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        _host = environment.Register(nameof(TeacherRefinePairsEstimator));
        _teacher = teacher;
        _options = options ?? new TeacherRefinePairsOptions();
        _options.Validate();
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">Data whose schema is checked; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public TeacherRefinePairsTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        TeacherRefinePairsTransformer transformer = new(_teacher, _options);
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
        return SchemaShapes.Append(inputSchema, TeacherRefinePairsMapping.InputsOf(_options), TeacherRefinePairsMapping.OutputsOf(_options));
    }
}
