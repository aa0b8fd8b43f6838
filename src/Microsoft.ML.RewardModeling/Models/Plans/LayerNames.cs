namespace Microsoft.ML.RewardModeling.Models.Plans;

/// <summary>Names of one layer's norms and projections, without <c>.weight</c> and <c>.bias</c>; null where the layer has none.</summary>
internal sealed record LayerNames
{
    public required string AttentionNorm { get; init; }

    /// <summary>Three names, or one of a tensor that holds all three.</summary>
    public required IReadOnlyList<string> QueryKeyValue { get; init; }

    public string? QueryNorm { get; init; }

    public string? KeyNorm { get; init; }

    public required string Output { get; init; }

    public string? AfterAttentionNorm { get; init; }

    public required string MlpNorm { get; init; }

    /// <summary>Two names, or one of a tensor that holds both.</summary>
    public required IReadOnlyList<string> GateUp { get; init; }

    public required string Down { get; init; }

    public string? AfterMlpNorm { get; init; }

    /// <summary>The names of layer <paramref name="index"/>.</summary>
    /// <remarks>
    /// <c>post_attention_layernorm</c> is the norm before the MLP, except with post-norms (Gemma 2 and 3): there it norms
    /// attention's result, and the MLP has a pair of its own.
    /// </remarks>
    public static LayerNames Of(DecoderPlan plan, int index)
    {
        string layer = FormattableString.Invariant($"model.layers.{index}");
        return new LayerNames
        {
            AttentionNorm = $"{layer}.input_layernorm",
            QueryKeyValue = plan.Fused
                ? [$"{layer}.self_attn.qkv_proj"]
                : [$"{layer}.self_attn.q_proj", $"{layer}.self_attn.k_proj", $"{layer}.self_attn.v_proj"],
            QueryNorm = plan.QueryKeyNorm ? $"{layer}.self_attn.q_norm" : null,
            KeyNorm = plan.QueryKeyNorm ? $"{layer}.self_attn.k_norm" : null,
            Output = $"{layer}.self_attn.o_proj",
            AfterAttentionNorm = plan.PostNorms ? $"{layer}.post_attention_layernorm" : null,
            MlpNorm = plan.PostNorms ? $"{layer}.pre_feedforward_layernorm" : $"{layer}.post_attention_layernorm",
            GateUp = plan.Fused ? [$"{layer}.mlp.gate_up_proj"] : [$"{layer}.mlp.gate_proj", $"{layer}.mlp.up_proj"],
            Down = $"{layer}.mlp.down_proj",
            AfterMlpNorm = plan.PostNorms ? $"{layer}.post_feedforward_layernorm" : null,
        };
    }
}
