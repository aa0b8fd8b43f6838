using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has the teacher rate the answers of each prompt: the list comes out scored and sorted, its best and worst answer as a pair.
/// Nothing is learned from the data: fitting asks nothing, and the transformer asks only for columns that are read.
/// </summary>
public sealed class RankCandidatesEstimator : IEstimator<RankCandidatesTransformer>
{
    private readonly IHost _host;
    private readonly IChatClient _teacher;
    private readonly RankCandidatesOptions _options;

    internal RankCandidatesEstimator(IHostEnvironment environment, IChatClient teacher, RankCandidatesOptions? options)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        _host = environment.Register(nameof(RankCandidatesEstimator));
        _teacher = teacher;
        _options = options ?? new RankCandidatesOptions();
        _options.Validate();
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">Data whose schema is checked; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public RankCandidatesTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        RankCandidatesTransformer transformer = new(_teacher, _options);
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
        return SchemaShapes.Append(inputSchema, RankCandidatesMapping.InputsOf(_options), RankCandidatesMapping.OutputsOf(_options));
    }
}
