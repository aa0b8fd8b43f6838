namespace Microsoft.ML.RewardModeling.Models.Plans;

/// <summary>
/// What a decoder computes, free of the family it comes from: one network is built from it, one list of tensors, one
/// exported graph. Families differ only in how <c>config.json</c> maps to this record.
/// </summary>
internal sealed record DecoderPlan
{
    /// <summary>Rows of the embedding.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Hidden { get; init; }

    /// <summary>Width inside the MLP.</summary>
    public required int Inner { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int HeadDim { get; init; }

    /// <summary>One entry per layer.</summary>
    public required IReadOnlyList<LayerPlan> Layers { get; init; }

    /// <summary>Whether the language-model head is the embedding.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Epsilon of every norm.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Added to the weight of every norm: 1 in Gemma, else 0.</summary>
    public double NormOffset { get; init; }

    /// <summary>What embeddings are multiplied by.</summary>
    public double EmbeddingScale { get; init; } = 1;

    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>What attention scores are multiplied by.</summary>
    public required double QueryScale { get; init; }

    /// <summary>c: attention scores s become c tanh(s / c); null for none.</summary>
    public double? AttentionSoftcap { get; init; }

    /// <summary>The same for token logits. Rewards are never capped.</summary>
    public double? LogitSoftcap { get; init; }

    /// <summary>Whether every head of queries and keys is normed before it turns.</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>Whether queries, keys and values have a bias.</summary>
    public bool InputBias { get; init; }

    /// <summary>Whether attention's output projection has a bias.</summary>
    public bool OutputBias { get; init; }

    public bool MlpBias { get; init; }

    /// <summary>Whether attention and MLP results are normed before they join the residual stream, too.</summary>
    public bool PostNorms { get; init; }

    /// <summary>Whether q, k, v are one tensor <c>qkv_proj</c>, and gate and up one tensor <c>gate_up_proj</c>.</summary>
    public bool Fused { get; init; }

    /// <summary>Most tokens of a text the positions are good for, stretching included.</summary>
    public required int MaxLength { get; init; }

    /// <summary>The class under which transformers and vLLM serve the reward model.</summary>
    public required string ClassifierArchitecture { get; init; }
}
