using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>
/// Gemma 3, text (arXiv 2503.19786): Gemma 2 with queries and keys normed instead of capped, five local layers for each
/// global one, and rotary embeddings of their own for both.
/// </summary>
internal static class Gemma3Family
{
    private const string Classifier = "Gemma3TextForSequenceClassification";

    public static Family Family { get; } = new(
        "gemma3_text",
        ["Gemma3ForCausalLM", Classifier],
        new FamilyDefaults { KeyValueHeads = 4, HeadDim = 256, MaxPositions = 131072, RopeTheta = 1_000_000, TiedHead = true },
        [
            "attention_bias", "sliding_window", "sliding_window_pattern", "layer_types", "query_pre_attn_scalar", "final_logit_softcapping",
            "hidden_act", "hidden_activation", "rope_local_base_freq",
        ],
        Map);

    // attn_logit_softcapping is not read: transformers has the key for this family, but does not use it.
    private static DecoderPlan Map(BackboneConfig config, ConfigKeys keys)
    {
        int pattern = Math.Max(1, keys.Positive("sliding_window_pattern", 6));
        bool[] isLocal = LayerTypes.Read(config, keys, i => (i + 1) % pattern != 0);
        RopePlan local = RopeReader.ReadLocal(config, keys, keys.Number("rope_local_base_freq", 10000));
        DecoderPlan plan = Gemma2Family.Common(config, keys, Classifier) with
        {
            QueryKeyNorm = true,
            MaxLength = config.MaxPositions,
            LogitSoftcap = Gemma2Family.Softcap(keys, "final_logit_softcapping", absent: null),
        };
        plan = LayerTypes.Apply(plan, keys, isLocal, LayerTypes.Window(keys, absent: 4096));
        return plan with { Layers = [.. plan.Layers.Select((layer, i) => isLocal[i] ? layer with { Rope = local } : layer)] };
    }
}
