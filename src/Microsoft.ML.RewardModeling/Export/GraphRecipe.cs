using Microsoft.ML.RewardModeling.Export.Quantization;
using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>What a graph is made of.</summary>
/// <param name="Plan">What it computes.</param>
/// <param name="Weights">The tensors of the backbone.</param>
/// <param name="Heads">The tensors that each reward head is among.</param>
/// <param name="MaxLength">Most tokens it reads.</param>
/// <param name="Form">What it starts from, and with which operators.</param>
/// <param name="Quantization">How projections are stored.</param>
/// <param name="AttentionBlocks">In how many pieces causal attention is computed, from 1.</param>
internal sealed record GraphRecipe(
    DecoderPlan Plan, ExportWeights Weights, IReadOnlyList<ExportWeights> Heads, int MaxLength, GraphForm Form, QuantizationPlan Quantization, int AttentionBlocks = 1);
