namespace Microsoft.ML.RewardModeling;

/// <summary>What becomes of answers whose scores are equal, or nearer than the minimum margin.</summary>
public enum TiePolicy
{
    /// <summary>They are compared a second time and the ratings averaged; then, if they are still too near, the row is marked "tie". Two more calls.</summary>
    RateAgain,

    /// <summary>The row is marked "tie" at once.</summary>
    Mark,

    /// <summary>
    /// The row stays "ok" with its small margin, 0 included. For objectives that learn how much better an answer is, such as
    /// margin regression or soft labels; an objective that learns which is better learns noise from such rows.
    /// </summary>
    Keep,
}
