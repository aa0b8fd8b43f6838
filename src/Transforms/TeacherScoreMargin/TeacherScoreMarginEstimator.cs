using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling.Teachers;
using Microsoft.ML.RewardModeling.TeacherTransforms;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Has the teacher rate both answers, which decides chosen, rejected and the margin. Nothing is learned from the data:
/// fitting asks nothing, and the transformer asks only for columns that are read.
/// </summary>
public sealed class TeacherScoreMarginEstimator : IEstimator<TeacherScoreMarginTransformer>
{
    private readonly TeacherTransformPlan _plan;

    internal TeacherScoreMarginEstimator(IHostEnvironment environment, IChatClient teacher, TeacherScoreMarginOptions? options)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        options ??= new TeacherScoreMarginOptions();
        options.Validate();
        _plan = new TeacherTransformPlan(
            environment, nameof(TeacherScoreMarginEstimator), [teacher], options.Client, TeacherScoreMarginRows.Columns(options),
            clients => new TeacherScoreMarginRows(new Teacher(clients[0]), options).MapAsync);
    }

    /// <summary>Makes the transformer.</summary>
    /// <param name="input">Data whose schema is checked; no row is read.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    public TeacherScoreMarginTransformer Fit(IDataView input) => new(_plan.Fit(input));

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _plan.GetOutputSchema(inputSchema);
}
