using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.Teachers;
using Microsoft.ML.RewardModeling.TeacherTransforms;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Adds the teacher's own answer to every prompt that has none. Nothing is learned from the data: fitting asks nothing,
/// and the transformer asks only for columns that are read.
/// </summary>
public sealed class TeacherRespondEstimator : IEstimator<TeacherRespondTransformer>
{
    private readonly TeacherTransformPlan _plan;

    internal TeacherRespondEstimator(IHostEnvironment environment, IChatClient teacher, TeacherRespondOptions? options)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        options ??= new TeacherRespondOptions();
        options.Validate();
        _plan = new TeacherTransformPlan(
            environment, nameof(TeacherRespondEstimator), [teacher], options.Client, TeacherRespondRows.Columns(options),
            clients => new TeacherRespondRows(new Teacher(clients[0])).MapAsync);
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">Data whose schema is checked; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public TeacherRespondTransformer Fit(IDataView input) => new(_plan.Fit(input));

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _plan.GetOutputSchema(inputSchema);
}
