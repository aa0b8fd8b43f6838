namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>The answers of one prompt in a batch.</summary>
/// <param name="Sequences">[N] the sequence of each answer.</param>
/// <param name="Scores">[N] its score: a higher one is better.</param>
internal sealed record RankedList(int[] Sequences, float[] Scores);
