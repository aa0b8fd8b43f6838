namespace Microsoft.ML.RewardModeling;

/// <summary>Options of <see cref="TeacherRefinePairsEstimator"/>.</summary>
public sealed record TeacherRefinePairsOptions
{
    /// <summary>
    /// Smallest word-level similarity of the edit to the rejected answer, 0-1; a larger edit is marked
    /// "refined-too-different". Default 0.3.
    /// </summary>
    public float MinimumEditSimilarity { get; init; } = 0.3f;

    /// <summary>
    /// Smallest gain of the edit over the rejected answer, 0-9 points; an edit that gains less, or nothing, is marked
    /// "refined-not-better". Default 0: any gain will do.
    /// </summary>
    public float MinimumImprovement { get; init; }

    /// <summary>Input, text: the prompt. Default "Prompt".</summary>
    public string PromptColumnName { get; init; } = RewardColumns.Prompt;

    /// <summary>Input, text: the answer to be edited. Default "Rejected".</summary>
    public string RejectedColumnName { get; init; } = RewardColumns.Rejected;

    /// <summary>
    /// Input (optional), Single: the score of that answer; rows without it are marked "missing-rejected-score". Default
    /// "RejectedScore".
    /// </summary>
    public string RejectedScoreColumnName { get; init; } = RewardColumns.RejectedScore;

    /// <summary>
    /// Input (optional) and output, text: the teacher's own answer; one that is there is not paid for again. Default
    /// "TeacherResponse".
    /// </summary>
    public string TeacherResponseColumnName { get; init; } = RewardColumns.TeacherResponse;

    /// <summary>Output, text: the edited answer, empty where there is none. Default "RefinedChosen".</summary>
    public string RefinedChosenColumnName { get; init; } = RewardColumns.RefinedChosen;

    /// <summary>
    /// Input (optional) and output, Single: the self-calibrated score of the edit; where there is no edit, the input's
    /// score. Default "ChosenScore".
    /// </summary>
    public string ChosenScoreColumnName { get; init; } = RewardColumns.ChosenScore;

    /// <summary>
    /// Input (optional) and output, Single: the edit's score minus the rejected answer's; where there is no edit, the
    /// input's margin. Default "Margin".
    /// </summary>
    public string MarginColumnName { get; init; } = RewardColumns.Margin;

    /// <summary>
    /// Output, Single: word-level similarity of the edit to the rejected answer, NaN where there is no edit. Default
    /// "EditSimilarity".
    /// </summary>
    public string EditSimilarityColumnName { get; init; } = RewardColumns.EditSimilarity;

    /// <summary>Input (optional) and output, text: the status. Default "TeacherStatus".</summary>
    public string TeacherStatusColumnName { get; init; } = RewardColumns.TeacherStatus;

    /// <summary>How the teacher is called when it is not a <see cref="TeacherClient"/> already.</summary>
    public TeacherClientOptions Client { get; init; } = new();

    internal void Validate()
    {
        OptionErrors errors = new(nameof(TeacherRefinePairsOptions));
        errors.Check(MinimumEditSimilarity is >= 0 and <= 1, nameof(MinimumEditSimilarity), MinimumEditSimilarity, "0-1");
        errors.Check(MinimumImprovement is >= 0 and <= 9, nameof(MinimumImprovement), MinimumImprovement, "0-9");
        errors.CheckColumns(
            (nameof(PromptColumnName), PromptColumnName),
            (nameof(RejectedColumnName), RejectedColumnName),
            (nameof(RejectedScoreColumnName), RejectedScoreColumnName),
            (nameof(TeacherResponseColumnName), TeacherResponseColumnName),
            (nameof(RefinedChosenColumnName), RefinedChosenColumnName),
            (nameof(ChosenScoreColumnName), ChosenScoreColumnName),
            (nameof(MarginColumnName), MarginColumnName),
            (nameof(EditSimilarityColumnName), EditSimilarityColumnName),
            (nameof(TeacherStatusColumnName), TeacherStatusColumnName));
        errors.CheckClient(nameof(Client), Client);
        errors.ThrowIfAny();
    }
}
