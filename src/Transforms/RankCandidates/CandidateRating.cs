namespace Microsoft.ML.RewardModeling;

/// <summary>How N answers of one prompt are rated, and what that costs.</summary>
public enum CandidateRating
{
    /// <summary>
    /// Each with each, in both orders; an answer's score is the mean over its comparisons. N (N - 1) calls. Most exact; for two
    /// answers the same as <see cref="TeacherScoreMarginEstimator"/>.
    /// </summary>
    RoundRobin,

    /// <summary>
    /// Each with the first few answers of the list (<see cref="RankCandidatesOptions.Anchors"/>, A), in both orders. With one
    /// anchor 2 (N - 1) calls; in general A (2 N - A - 1).
    /// </summary>
    Anchored,

    /// <summary>Each by itself. N calls; nothing is compared, so ties are frequent.</summary>
    Pointwise,
}
