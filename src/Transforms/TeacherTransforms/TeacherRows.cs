using Microsoft.ML.RewardModeling.DataViews;

namespace Microsoft.ML.RewardModeling.TeacherTransforms;

/// <summary>What the rows of all teacher transforms have in common.</summary>
internal static class TeacherRows
{
    /// <summary>Empty reads as ok: the data had no status.</summary>
    public static string Status(BatchRows rows, int input, int row)
        => rows.GetText(input, row) is { IsEmpty: false } status ? status.ToString() : TeacherStatus.Ok;

    /// <summary>Whether nothing has failed yet; that nobody has said which answer is better hinders no rating and no answer.</summary>
    public static bool IsOpen(string status) => status is TeacherStatus.Ok or TeacherStatus.Unlabelled;

    public static Conversation Prompt(BatchRows rows, int input, int row) => Conversation.FromColumnText(rows.GetText(input, row).ToString());
}
