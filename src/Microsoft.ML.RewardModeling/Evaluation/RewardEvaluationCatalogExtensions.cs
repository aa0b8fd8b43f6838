using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Evaluation;

namespace Microsoft.ML;

/// <summary>Evaluation verbs of <c>mlContext.RewardModeling</c>.</summary>
public static class RewardEvaluationCatalogExtensions
{
    /// <summary>
    /// Evaluates a reward model on labelled pairs that it has scored: the view is what its <c>Transform</c> gave for data
    /// with Prompt, Chosen and Rejected. Uses the columns ChosenReward and RejectedReward and, where they exist, Margin,
    /// Chosen, Rejected, Id and TeacherStatus.
    /// </summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="view">The scored pairs.</param>
    /// <param name="subsetColumnName">A text column that names each row's subset; null for none.</param>
    /// <returns>The metrics; <c>ToString</c> gives a table.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or has another type.</exception>
    /// <exception cref="RewardModelingException">No rows, a reward that is NaN or infinite, or a row that is not labelled.</exception>
    public static RewardModelMetrics Evaluate(this RewardModelingCatalog catalog, IDataView view, string? subsetColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(view);
        return RewardEvaluation.Evaluate(EvaluatedPairs.Read(view, subsetColumnName));
    }

    /// <summary>Writes the evaluation of <see cref="Evaluate"/> as one self-contained HTML file.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="view">The scored pairs.</param>
    /// <param name="path">The .html file.</param>
    /// <param name="title">The heading.</param>
    /// <param name="subsetColumnName">A text column that names each row's subset; null for none.</param>
    public static void WriteEvaluationReport(
        this RewardModelingCatalog catalog, IDataView view, string path, string title = "Reward model evaluation", string? subsetColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(view);
        EvaluationReport.Write(path, title, [.. EvaluatedPairs.Read(view, subsetColumnName)]);
    }
}
