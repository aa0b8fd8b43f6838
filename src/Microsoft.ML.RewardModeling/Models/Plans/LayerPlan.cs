namespace Microsoft.ML.RewardModeling.Models.Plans;

/// <summary>What differs from layer to layer.</summary>
/// <param name="Rope">The rotary embedding of queries and keys; null for none (NoPE).</param>
/// <param name="Window">A token sees itself and the Window - 1 before it; null for all before it.</param>
internal sealed record LayerPlan(RopePlan? Rope, int? Window);
