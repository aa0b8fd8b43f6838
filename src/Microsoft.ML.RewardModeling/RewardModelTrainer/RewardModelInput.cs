namespace Microsoft.ML.RewardModeling;

/// <summary>What the rows hold that a saved model will be given.</summary>
public enum RewardModelInput
{
    /// <summary>A prompt with a chosen and a rejected answer; gives ChosenReward, RejectedReward and their difference as Score.</summary>
    Pairs,

    /// <summary>A prompt with one response; gives Score.</summary>
    Responses,
}
