namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>Mean scores of two answers over the orders of showing, and the mean absolute difference between the orders.</summary>
internal readonly record struct PairRating(float First, float Second, float Disagreement)
{
    /// <summary>How much better the first answer is; negative when it is the worse one.</summary>
    public float Margin => First - Second;

    /// <param name="forward">First answer shown first.</param>
    /// <param name="backward">Second answer shown first.</param>
    public static PairRating FromBothOrders(PairScores forward, PairScores backward) => new(
        (forward.First + backward.Second) / 2,
        (forward.Second + backward.First) / 2,
        (Math.Abs(forward.First - backward.Second) + Math.Abs(forward.Second - backward.First)) / 2);

    /// <summary>The mean of two ratings of the same pair.</summary>
    public PairRating MeanWith(PairRating other)
        => new((First + other.First) / 2, (Second + other.Second) / 2, (Disagreement + other.Disagreement) / 2);
}
