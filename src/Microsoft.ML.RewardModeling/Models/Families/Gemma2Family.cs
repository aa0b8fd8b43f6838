using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>
/// Gemma 2 (arXiv 2408.00118): norms with 1 + w before and after attention and MLP, scaled embeddings, GeGLU, soft-capped
/// scores and logits, local and global layers in turn, the first local.
/// </summary>
internal static class Gemma2Family
{
    private const string Classifier = "Gemma2ForSequenceClassification";

    public static Family Family { get; } = new(
        "gemma2",
        ["Gemma2ForCausalLM", Classifier],
        new FamilyDefaults { KeyValueHeads = 4, HeadDim = 256, MaxPositions = 8192, TiedHead = true },
        [
            "attention_bias", "sliding_window", "layer_types", "query_pre_attn_scalar", "attn_logit_softcapping", "final_logit_softcapping",
            "hidden_act", "hidden_activation",
        ],
        Map);

    /// <summary>What Gemma 2 and 3 have in common.</summary>
    public static DecoderPlan Common(BackboneConfig config, ConfigKeys keys, string classifier) => PlainDecoder.Plan(config, keys, classifier) with
    {
        NormOffset = 1,
        PostNorms = true,
        EmbeddingScale = (float)Math.Sqrt(config.HiddenSize),
        Activation = PlainDecoder.ReadActivation(keys, "hidden_activation", "gelu_pytorch_tanh"),
        QueryScale = 1 / Math.Sqrt(keys.Number("query_pre_attn_scalar", 256)),
        InputBias = config.AttentionBias,
        OutputBias = config.AttentionBias,
    };

    /// <summary>A cap: absent is the family's default, null is none.</summary>
    public static double? Softcap(ConfigKeys keys, string key, double? absent)
        => keys.Has(key, out _) ? keys.Number(key) : keys.Contains(key) ? null : absent;

    private static DecoderPlan Map(BackboneConfig config, ConfigKeys keys)
    {
        DecoderPlan plan = Common(config, keys, Classifier) with
        {
            AttentionSoftcap = Softcap(keys, "attn_logit_softcapping", 50),
            LogitSoftcap = Softcap(keys, "final_logit_softcapping", 30),
        };
        return LayerTypes.Apply(plan, keys, LayerTypes.Read(config, keys, i => i % 2 == 0), LayerTypes.Window(keys, absent: 4096));
    }
}
