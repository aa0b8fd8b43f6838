using Microsoft.ML.RewardModeling.Models.Heads;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>What a directory gave.</summary>
/// <param name="Parameters">The tensors; the receiver owns them.</param>
/// <param name="Head">The reward head they make up.</param>
/// <param name="HasHead">Whether the head was stored; otherwise it is fresh.</param>
internal sealed record LoadedWeights(ParameterStore Parameters, HeadPlan Head, bool HasHead);
