using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>SmolLM3: Llama with some layers that have no rotary embedding (NoPE, Yang et al., arXiv 2501.18795).</summary>
internal static class SmolLM3Family
{
    private const string Classifier = "SmolLM3ForSequenceClassification";

    public static Family Family { get; } = new(
        "smollm3",
        ["SmolLM3ForCausalLM", Classifier],
        new FamilyDefaults { KeyValueHeads = 4, MaxPositions = 32768, RopeTheta = 2_000_000, TiedHead = true },
        ["attention_bias", "mlp_bias", "sliding_window", "use_sliding_window", "layer_types", "no_rope_layers", "no_rope_layer_interval"],
        Map);

    private static DecoderPlan Map(BackboneConfig config, ConfigKeys keys)
    {
        bool[] turns = Turns(config, keys);
        int? window = keys.Flag("use_sliding_window") ? LayerTypes.Window(keys, absent: null) : null;
        DecoderPlan plan = PlainDecoder.Plan(config, keys, Classifier) with
        {
            InputBias = config.AttentionBias,
            OutputBias = config.AttentionBias,
            MlpBias = config.MlpBias,
        };
        plan = LayerTypes.Apply(plan, keys, LayerTypes.Read(config, keys, i => window is not null && !turns[i]), window);
        return plan with { Layers = [.. plan.Layers.Select((layer, i) => turns[i] ? layer : layer with { Rope = null })] };
    }

    /// <summary><c>no_rope_layers</c> holds 1 for layers that do turn; without it every fourth layer does not.</summary>
    private static bool[] Turns(BackboneConfig config, ConfigKeys keys)
    {
        int interval = keys.Positive("no_rope_layer_interval", 4);
        IReadOnlyList<double>? listed = keys.Numbers("no_rope_layers");
        if (listed is not null && (listed.Count < config.Layers || listed.Any(value => value is not (0 or 1))))
        {
            keys.Problem($"no_rope_layers has {listed.Count} entries, of them {listed.Count(value => value is not (0 or 1))} other than 0 and 1; expected {config.Layers} of 0 and 1");
        }

        return [.. Enumerable.Range(0, config.Layers).Select(i => listed is null ? (i + 1) % Math.Max(1, interval) != 0 : i < listed.Count && listed[i] != 0)];
    }
}
