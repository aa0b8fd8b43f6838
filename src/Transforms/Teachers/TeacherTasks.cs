namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>The questions that a teacher is asked; part of the journal's key.</summary>
internal static class TeacherTasks
{
    public const string Respond = "respond";
    public const string ScorePair = "score-pair";
    public const string ScoreSingle = "score-single";
    public const string Refine = "refine";
    public const string ScoreRefined = "score-refined";

    /// <summary>Requests that come through <c>IChatClient</c> instead of a transform.</summary>
    public const string Chat = "chat";
}
