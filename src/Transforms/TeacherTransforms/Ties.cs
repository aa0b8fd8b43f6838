namespace Microsoft.ML.RewardModeling.TeacherTransforms;

/// <summary>The policy for scores that are too near, in one place for pairs and lists.</summary>
internal readonly record struct Ties(TiePolicy Policy, float MinimumMargin)
{
    public bool IsWorthAnotherRating(float margin) => Policy == TiePolicy.RateAgain && IsTie(margin);

    public string Status(float margin) => Policy != TiePolicy.Keep && IsTie(margin) ? TeacherStatus.Tie : TeacherStatus.Ok;

    // A margin of exactly 0 says nothing about who is better, whatever the minimum is.
    private bool IsTie(float margin) => Math.Abs(margin) is var distance && (distance < MinimumMargin || distance == 0);
}
