using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has several models answer every prompt: the pool of candidates that a teacher then ranks. Nothing is learned from the data:
/// fitting asks nothing, and the transformer asks only for columns that are read.
/// </summary>
public sealed class SampleCandidatesEstimator : IEstimator<SampleCandidatesTransformer>
{
    private readonly IHost _host;
    private readonly IReadOnlyList<IChatClient> _models;
    private readonly SampleCandidatesOptions _options;

    internal SampleCandidatesEstimator(IHostEnvironment environment, IReadOnlyList<IChatClient> models, SampleCandidatesOptions? options)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (models.Count == 0 || models.Any(m => m is null))
        {
            throw new ArgumentException("Expected at least one chat client, and none that is null.", nameof(models));
        }

        _host = environment.Register(nameof(SampleCandidatesEstimator));
        _models = [.. models];
        _options = options ?? new SampleCandidatesOptions();
        _options.Validate();
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">Data whose schema is checked; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public SampleCandidatesTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        SampleCandidatesTransformer transformer = new(_models, _options);
        transformer.GetOutputSchema(input.Schema);
        using IChannel channel = _host.Start(nameof(Fit));
        channel.Info(MessageSensitivity.None, "models {0}", string.Join(", ", transformer.Clients.Select(c => c.ModelId)));
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return SchemaShapes.Append(inputSchema, SampleCandidatesMapping.InputsOf(_options), SampleCandidatesMapping.OutputsOf(_options));
    }
}
