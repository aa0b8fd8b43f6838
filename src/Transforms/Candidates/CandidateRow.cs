using Microsoft.ML.Data;

namespace Microsoft.ML.RewardModeling;

/// <summary>A set of candidates as a row of an <see cref="IDataView"/>.</summary>
internal sealed class CandidateRow
{
    [ColumnName(RewardColumns.Id)]
    public string Id { get; set; } = string.Empty;

    [ColumnName(RewardColumns.Prompt)]
    public string Prompt { get; set; } = string.Empty;

    [ColumnName(RewardColumns.Candidates)]
    public string Candidates { get; set; } = string.Empty;

    [ColumnName(RewardColumns.TeacherStatus)]
    public string TeacherStatus { get; set; } = RewardModeling.TeacherStatus.Ok;

    public static CandidateRow From(CandidateSet set) => new()
    {
        Id = set.Id,
        Prompt = set.Prompt.ToColumnText(),
        Candidates = CandidateList.ToColumnText(set.Candidates),
        TeacherStatus = set.Status ?? RewardModeling.TeacherStatus.Ok,
    };

    public CandidateSet ToSet() => new()
    {
        Id = Id,
        Prompt = Conversation.FromColumnText(Prompt),
        Candidates = CandidateList.FromColumnText(Candidates),
        Status = TeacherStatus,
    };
}
