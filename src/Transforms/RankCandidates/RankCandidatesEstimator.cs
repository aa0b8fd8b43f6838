using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.Teachers;
using Microsoft.ML.RewardModeling.TeacherTransforms;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has the teacher rate the answers of each prompt: the list comes out scored and sorted, its best and worst answer as a pair.
/// Nothing is learned from the data: fitting asks nothing, and the transformer asks only for columns that are read.
/// </summary>
public sealed class RankCandidatesEstimator : IEstimator<RankCandidatesTransformer>
{
    private readonly TeacherTransformPlan _plan;

    internal RankCandidatesEstimator(IHostEnvironment environment, IChatClient teacher, RankCandidatesOptions? options)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        options ??= new RankCandidatesOptions();
        options.Validate();
        _plan = new TeacherTransformPlan(
            environment, nameof(RankCandidatesEstimator), [teacher], options.Client, RankCandidatesRows.Columns(options),
            clients => new RankCandidatesRows(new Teacher(clients[0]), options).MapAsync);
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">Data whose schema is checked; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public RankCandidatesTransformer Fit(IDataView input) => new(_plan.Fit(input));

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _plan.GetOutputSchema(inputSchema);
}
