namespace Microsoft.ML.RewardModeling.Export;

/// <summary>Names of a rotary embedding's tables, of the rows in them that belong to all new tokens [B, T] and to the last [B, 1].</summary>
internal sealed record OnnxRotary(string Cosine, string Sine, string Positions, string LastPosition);
