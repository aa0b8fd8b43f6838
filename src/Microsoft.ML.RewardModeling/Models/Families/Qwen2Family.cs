using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>Qwen2 and Qwen2.5 (arXiv 2407.10671): biases on queries, keys and values; a window in the upper layers if asked for.</summary>
internal static class Qwen2Family
{
    private const string Classifier = "Qwen2ForSequenceClassification";

    public static Family Family { get; } = new(
        "qwen2",
        ["Qwen2ForCausalLM", Classifier],
        new FamilyDefaults { KeyValueHeads = 32, MaxPositions = 32768 },
        ["attention_bias", "sliding_window", "use_sliding_window", "max_window_layers", "layer_types"],
        Map);

    private static DecoderPlan Map(BackboneConfig config, ConfigKeys keys)
        => WithWindow(PlainDecoder.Plan(config, keys, Classifier) with { InputBias = true }, config, keys);

    /// <summary>The lowest <c>max_window_layers</c> layers see everything, the others through the window.</summary>
    public static DecoderPlan WithWindow(DecoderPlan plan, BackboneConfig config, ConfigKeys keys)
    {
        int? window = keys.Flag("use_sliding_window") ? LayerTypes.Window(keys, absent: 4096) : null;
        int full = keys.Whole("max_window_layers", 28, 0);
        return LayerTypes.Apply(plan, keys, LayerTypes.Read(config, keys, i => window is not null && i >= full), window);
    }
}
