using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>Phi-3 and what is stored like it (arXiv 2404.14219): fused projections, longrope, part of each head turning.</summary>
internal static class Phi3Family
{
    private const string Classifier = "Phi3ForSequenceClassification";

    public static Family Family { get; } = new(
        "phi3",
        ["Phi3ForCausalLM", Classifier],
        new FamilyDefaults { MaxPositions = 4096, NormEpsilon = 1e-5 },
        ["sliding_window", "partial_rotary_factor", "original_max_position_embeddings"],
        Map);

    private static DecoderPlan Map(BackboneConfig config, ConfigKeys keys)
    {
        DecoderPlan plan = PlainDecoder.Plan(config, keys, Classifier) with { Fused = true };
        return LayerTypes.Window(keys, absent: null) is { } window ? plan.WithWindow(window, _ => true) : plan;
    }
}
