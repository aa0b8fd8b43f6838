using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling;

/// <summary>A pair as a row of an <see cref="IDataView"/>: texts are empty and numbers NaN where unknown.</summary>
internal sealed class PairRow
{
    [ColumnName(RewardColumns.Id)]
    public string Id { get; set; } = string.Empty;

    [ColumnName(RewardColumns.Prompt)]
    public string Prompt { get; set; } = string.Empty;

    [ColumnName(RewardColumns.Chosen)]
    public string Chosen { get; set; } = string.Empty;

    [ColumnName(RewardColumns.Rejected)]
    public string Rejected { get; set; } = string.Empty;

    [ColumnName(RewardColumns.ChosenScore)]
    public float ChosenScore { get; set; } = float.NaN;

    [ColumnName(RewardColumns.RejectedScore)]
    public float RejectedScore { get; set; } = float.NaN;

    [ColumnName(RewardColumns.Margin)]
    public float Margin { get; set; } = float.NaN;

    [ColumnName(RewardColumns.TeacherResponse)]
    public string TeacherResponse { get; set; } = string.Empty;

    [ColumnName(RewardColumns.EditSimilarity)]
    public float EditSimilarity { get; set; } = float.NaN;

    [ColumnName(RewardColumns.TeacherStatus)]
    public string TeacherStatus { get; set; } = RewardModeling.TeacherStatus.Ok;

    /// <summary>The edited answer; empty when the view has no such column or the row no edit. Not a column of loaded pairs.</summary>
    [NoColumn]
    public string RefinedChosen { get; set; } = string.Empty;

    /// <summary>The row as a pair; an edited answer takes the place of the chosen one.</summary>
    public PreferencePair ToPair() => new()
    {
        Id = Id,
        Prompt = Conversation.FromColumnText(Prompt),
        Chosen = RefinedChosen.Length > 0 ? RefinedChosen : Chosen,
        Rejected = Rejected,
        ChosenScore = Known(ChosenScore),
        RejectedScore = Known(RejectedScore),
        Margin = Known(Margin),
        TeacherResponse = TeacherResponse.Length > 0 ? TeacherResponse : null,
        EditSimilarity = Known(EditSimilarity),
        Status = TeacherStatus.Length > 0 ? TeacherStatus : RewardModeling.TeacherStatus.Ok,
    };

    public static PairRow From(PreferencePair pair) => new()
    {
        Id = pair.Id,
        Prompt = pair.Prompt.ToColumnText(),
        Chosen = pair.Chosen,
        Rejected = pair.Rejected,
        ChosenScore = pair.ChosenScore ?? float.NaN,
        RejectedScore = pair.RejectedScore ?? float.NaN,
        Margin = pair.Margin ?? float.NaN,
        TeacherResponse = pair.TeacherResponse ?? string.Empty,
        EditSimilarity = pair.EditSimilarity ?? float.NaN,
        TeacherStatus = pair.Status ?? pair.NaturalStatus,
    };

    private static float? Known(float value) => float.IsFinite(value) ? value : null;
}
