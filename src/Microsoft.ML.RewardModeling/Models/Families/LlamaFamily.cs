using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>Llama 1, 2 and 3 (Touvron et al., arXiv 2302.13971), and what is built like them, SmolLM2 among others.</summary>
internal static class LlamaFamily
{
    private const string Classifier = "LlamaForSequenceClassification";

    public static Family Family { get; } = new("llama", ["LlamaForCausalLM", Classifier], new FamilyDefaults(), ["attention_bias", "mlp_bias"], Map);

    private static DecoderPlan Map(BackboneConfig config, ConfigKeys keys) => PlainDecoder.Plan(config, keys, Classifier) with
    {
        InputBias = config.AttentionBias,
        OutputBias = config.AttentionBias,
        MlpBias = config.MlpBias,
    };
}
