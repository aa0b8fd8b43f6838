namespace Microsoft.ML.RewardModeling;

/// <summary>
/// The values of the column <see cref="RewardColumns.TeacherStatus"/>. A row that failed keeps the first reason; later
/// transforms pass it through without asking the teacher.
/// </summary>
public static class TeacherStatus
{
    /// <summary>The row can be used.</summary>
    public const string Ok = "ok";

    /// <summary>Nobody has said which answer is better: run <c>TeacherScoreMargin</c>.</summary>
    public const string Unlabelled = "unlabelled";

    /// <summary>
    /// A call for this row waits for the results of a batch (see <see cref="DeferredCalls"/>). Not a failure: run again with the
    /// results.
    /// </summary>
    public const string Outstanding = "outstanding";

    /// <summary>Both answers are the same text, so that nothing can be learnt from the pair; no teacher is asked.</summary>
    public const string EqualAnswers = "equal-answers";

    /// <summary>The two scores are equal or closer than the minimum margin, also after a second rating where <see cref="TiePolicy"/> asks for one.</summary>
    public const string Tie = "tie";

    /// <summary>Fewer than two different answers, so that there is nothing to rank.</summary>
    public const string TooFewCandidates = "too-few-candidates";

    /// <summary>No reply of the teacher held two usable scores.</summary>
    public const string ScoreUnparseable = "score-unparseable";

    /// <summary>The call for the scores failed, also after retries.</summary>
    public const string ScoreCallFailed = "score-call-failed";

    /// <summary>The teacher's own answer was empty or cut off.</summary>
    public const string RespondUnparseable = "respond-unparseable";

    /// <summary>The call for the teacher's own answer failed, also after retries.</summary>
    public const string RespondCallFailed = "respond-call-failed";

    /// <summary>
    /// The rejected answer has no score, so that its edit cannot be rated on the same scale: run
    /// <c>TeacherScoreMargin</c> first.
    /// </summary>
    public const string MissingRejectedScore = "missing-rejected-score";

    /// <summary>No reply of the teacher held a usable diagnosis and edit.</summary>
    public const string RefineUnparseable = "refine-unparseable";

    /// <summary>The call for the refinement failed, also after retries.</summary>
    public const string RefineCallFailed = "refine-call-failed";

    /// <summary>The edited answer has the same words as the original.</summary>
    public const string RefinedUnchanged = "refined-unchanged";

    /// <summary>The edited answer shares too little with the original.</summary>
    public const string RefinedTooDifferent = "refined-too-different";

    /// <summary>No reply of the teacher held a usable score of the edited answer.</summary>
    public const string RefinedScoreUnparseable = "refined-score-unparseable";

    /// <summary>The call for the score of the edited answer failed, also after retries.</summary>
    public const string RefinedScoreCallFailed = "refined-score-call-failed";

    /// <summary>The teacher rated its edit no better than the original, or better by less than the minimum improvement.</summary>
    public const string RefinedNotBetter = "refined-not-better";
}
