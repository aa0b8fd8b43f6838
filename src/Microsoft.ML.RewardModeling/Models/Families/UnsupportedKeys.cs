using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>
/// Keys that change the arithmetic of some decoder. A family that does not read such a key accepts only the value under
/// which nothing changes; keys that are not listed here are kept and have no effect, as in transformers.
/// </summary>
internal static class UnsupportedKeys
{
    private static readonly (string Key, Func<JsonElement, bool> Neutral, string Expected)[] Keys =
    [
        ("attention_bias", IsOff, "false"),
        ("mlp_bias", IsOff, "false"),
        ("lm_head_bias", IsOff, "false"),
        ("rope_interleaved", IsOff, "false"),
        ("interpolate_factor", IsOne, "1"),
        ("full_attn_mod", IsOne, "1"),
        ("quantization_config", _ => false, "weights that are not quantised"),
        ("is_encoder_decoder", IsOff, "false"),
        ("add_cross_attention", IsOff, "false"),
        ("use_bidirectional_attention", IsOff, "false"),
        ("partial_rotary_factor", IsOne, "1"),
        ("layer_types", IsAllFull, "full_attention in every layer"),
        ("no_rope_layers", value => IsList(value, item => IsOne(item)), "1 in every layer"),
        ("no_rope_layer_interval", _ => false, "no such key"),
        ("rope_local_base_freq", _ => false, "no such key"),
        ("query_pre_attn_scalar", _ => false, "no such key"),
        ("attn_logit_softcapping", _ => false, "null"),
        ("final_logit_softcapping", _ => false, "null"),
        ("embedding_multiplier", IsOne, "1"),
        ("residual_multiplier", IsOne, "1"),
        ("attention_multiplier", _ => false, "no such key"),
        ("logits_scaling", IsOne, "1"),
        ("logit_scale", IsOne, "1"),
        ("scale_emb", IsOne, "1"),
        ("scale_depth", _ => false, "no such key"),
        ("qk_layernorm", IsOff, "false"),
        ("use_qk_norm", IsOff, "false"),
        ("clip_qkv", _ => false, "null"),
        ("alibi", IsOff, "false"),
        ("use_parallel_residual", IsOff, "false"),
        ("parallel_attn", IsOff, "false"),
        ("attention_chunk_size", _ => false, "null"),
        ("attn_temperature_tuning", IsOff, "false"),
        ("dual_chunk_attention_config", _ => false, "null"),
        ("use_mrope", IsOff, "false"),
        ("num_experts", value => IsNumber(value, experts => experts <= 1), "none"),
        ("num_local_experts", value => IsNumber(value, experts => experts <= 1), "none"),
        ("n_routed_experts", value => IsNumber(value, experts => experts == 0), "none"),
    ];

    /// <summary>Adds a problem for every listed key that this family does not read and that is not neutral.</summary>
    public static void Check(ConfigKeys keys, Family family)
    {
        foreach ((string key, Func<JsonElement, bool> neutral, string expected) in Keys)
        {
            if (!family.Reads.Contains(key))
            {
                keys.Require(key, neutral, expected);
            }
        }

        if (!family.Reads.Contains("sliding_window"))
        {
            int positions = keys.Has("max_position_embeddings", out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int found)
                ? found
                : family.Defaults.MaxPositions;
            keys.Require("sliding_window", value => IsNumber(value, window => window >= positions), "null, or at least max_position_embeddings");
        }
    }

    public static bool IsNumber(JsonElement value, Func<double, bool> condition)
        => value.ValueKind == JsonValueKind.Number && condition(value.GetDouble());

    private static bool IsOne(JsonElement value) => IsNumber(value, number => number == 1);

    private static bool IsOff(JsonElement value) => value.ValueKind == JsonValueKind.False;

    private static bool IsList(JsonElement value, Func<JsonElement, bool> each)
        => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(each);

    private static bool IsAllFull(JsonElement value)
        => IsList(value, item => item.ValueKind == JsonValueKind.String && item.GetString() == "full_attention");
}
