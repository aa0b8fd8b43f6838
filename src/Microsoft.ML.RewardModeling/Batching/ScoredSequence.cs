namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>A prompt with one of several answers.</summary>
/// <param name="Ids">All ids; the reward is read at the last.</param>
/// <param name="Score">The teacher's score.</param>
internal sealed record ScoredSequence(int[] Ids, float Score);
