using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>Qwen3, dense (arXiv 2505.09388): queries and keys normed per head, a head size of its own, no biases by default.</summary>
internal static class Qwen3Family
{
    private const string Classifier = "Qwen3ForSequenceClassification";

    public static Family Family { get; } = new(
        "qwen3",
        ["Qwen3ForCausalLM", Classifier],
        new FamilyDefaults { KeyValueHeads = 32, HeadDim = 128, MaxPositions = 32768 },
        ["attention_bias", "sliding_window", "use_sliding_window", "max_window_layers", "layer_types"],
        Map);

    private static DecoderPlan Map(BackboneConfig config, ConfigKeys keys) => Qwen2Family.WithWindow(
        PlainDecoder.Plan(config, keys, Classifier) with
        {
            QueryKeyNorm = true,
            InputBias = config.AttentionBias,
            OutputBias = config.AttentionBias,
        },
        config,
        keys);
}
