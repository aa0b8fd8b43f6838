namespace Microsoft.ML.RewardModeling;

/// <summary>The columns that <see cref="PairRows"/> reads; only prompt, chosen and rejected must exist.</summary>
internal sealed record PairColumnNames
{
    public string Id { get; init; } = RewardColumns.Id;

    public string Prompt { get; init; } = RewardColumns.Prompt;

    public string Chosen { get; init; } = RewardColumns.Chosen;

    public string Rejected { get; init; } = RewardColumns.Rejected;

    public string ChosenScore { get; init; } = RewardColumns.ChosenScore;

    public string RejectedScore { get; init; } = RewardColumns.RejectedScore;

    public string Margin { get; init; } = RewardColumns.Margin;

    public string TeacherResponse { get; init; } = RewardColumns.TeacherResponse;

    public string RefinedChosen { get; init; } = RewardColumns.RefinedChosen;

    public string EditSimilarity { get; init; } = RewardColumns.EditSimilarity;

    public string TeacherStatus { get; init; } = RewardColumns.TeacherStatus;
}
