using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.TeacherTransforms;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has several models answer every prompt: the pool of candidates that a teacher then ranks. Nothing is learned from the data:
/// fitting asks nothing, and the transformer asks only for columns that are read.
/// </summary>
public sealed class SampleCandidatesEstimator : IEstimator<SampleCandidatesTransformer>
{
    private readonly TeacherTransformPlan _plan;

    internal SampleCandidatesEstimator(IHostEnvironment environment, IReadOnlyList<IChatClient> models, SampleCandidatesOptions? options)
    {
        ArgumentNullException.ThrowIfNull(models);
        if (models.Count == 0 || models.Any(m => m is null))
        {
            throw new ArgumentException("Expected at least one chat client, and none that is null.", nameof(models));
        }

        options ??= new SampleCandidatesOptions();
        options.Validate();
        _plan = new TeacherTransformPlan(
            environment, nameof(SampleCandidatesEstimator), [.. models], options.Client, SampleCandidatesRows.Columns(options),
            clients => new SampleCandidatesRows(clients, options).MapAsync);
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">Data whose schema is checked; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public SampleCandidatesTransformer Fit(IDataView input) => new(_plan.Fit(input));

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _plan.GetOutputSchema(inputSchema);
}
