using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>Mistral (Jiang et al., arXiv 2310.06825): one sliding window in all layers, or none.</summary>
internal static class MistralFamily
{
    private const string Classifier = "MistralForSequenceClassification";

    public static Family Family { get; } = new(
        "mistral", ["MistralForCausalLM", Classifier], new FamilyDefaults { KeyValueHeads = 8, MaxPositions = 131072 }, ["sliding_window"], Map);

    private static DecoderPlan Map(BackboneConfig config, ConfigKeys keys)
    {
        DecoderPlan plan = PlainDecoder.Plan(config, keys, Classifier);
        return LayerTypes.Window(keys, absent: 4096) is { } window ? plan.WithWindow(window, _ => true) : plan;
    }
}
