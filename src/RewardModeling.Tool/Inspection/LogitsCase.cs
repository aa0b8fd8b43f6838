namespace RewardModeling.Tool.Inspection;

/// <summary>Token ids whose logits are asked for.</summary>
/// <param name="Name">Name of the file that gets the result.</param>
/// <param name="InputIds">[B, T]; every row has the same length.</param>
/// <param name="AttentionMask">[B, T] of 0 and 1; null when every position counts.</param>
/// <param name="PositionIds">[B, T]; null for 0, 1, 2, ...</param>
internal sealed record LogitsCase(string Name, int[][] InputIds, int[][]? AttentionMask, int[][]? PositionIds)
{
    public int Batch => InputIds.Length;

    public int Length => InputIds[0].Length;
}
