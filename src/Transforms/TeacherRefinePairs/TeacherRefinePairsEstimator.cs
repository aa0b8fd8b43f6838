using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.Teachers;
using Microsoft.ML.RewardModeling.TeacherTransforms;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has the teacher edit each rejected answer minimally into a better one, and rate the edit. Nothing is learned from
/// the data: fitting asks nothing, and the transformer asks only for columns that are read.
/// </summary>
public sealed class TeacherRefinePairsEstimator : IEstimator<TeacherRefinePairsTransformer>
{
    private readonly TeacherTransformPlan _plan;

    internal TeacherRefinePairsEstimator(IHostEnvironment environment, IChatClient teacher, TeacherRefinePairsOptions? options)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        options ??= new TeacherRefinePairsOptions();
        options.Validate();
        _plan = new TeacherTransformPlan(
            environment, nameof(TeacherRefinePairsEstimator), [teacher], options.Client, TeacherRefinePairsRows.Columns(options),
            clients => new TeacherRefinePairsRows(new Teacher(clients[0]), options).MapAsync);
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">Data whose schema is checked; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public TeacherRefinePairsTransformer Fit(IDataView input) => new(_plan.Fit(input));

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _plan.GetOutputSchema(inputSchema);
}
