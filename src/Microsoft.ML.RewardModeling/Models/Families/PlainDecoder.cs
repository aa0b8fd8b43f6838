using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>What all families start from: pre-norms, rotary embedding in every layer, a gated MLP, full causal attention.</summary>
internal static class PlainDecoder
{
    /// <summary>The plan of the sizes alone, every layer alike.</summary>
    public static DecoderPlan Plan(BackboneConfig config, ConfigKeys keys, string classifier)
    {
        RopePlan rope = RopeReader.Read(config, keys);
        LayerPlan layer = new(rope, Window: null);
        return new DecoderPlan
        {
            Vocabulary = config.VocabularySize,
            Hidden = config.HiddenSize,
            Inner = config.IntermediateSize,
            Heads = config.Heads,
            KeyValueHeads = config.KeyValueHeads,
            HeadDim = config.HeadDim,
            Layers = [.. Enumerable.Repeat(layer, config.Layers)],
            TiedHead = config.TieWordEmbeddings,
            NormEpsilon = config.RmsNormEpsilon,
            QueryScale = 1 / Math.Sqrt(config.HeadDim),
            Activation = ReadActivation(keys, "hidden_act", "silu"),
            // With these two max_position_embeddings is the length before stretching; with all others it is the length after it.
            MaxLength = rope.Kind is RopeKind.Linear or RopeKind.Dynamic ? (int)(config.MaxPositions * rope.Factor) : config.MaxPositions,
            ClassifierArchitecture = classifier,
        };
    }

    /// <summary>The activation a key names.</summary>
    public static Activation ReadActivation(ConfigKeys keys, string key, string fallback)
    {
        keys.Require(key, value => value.ValueKind == System.Text.Json.JsonValueKind.String && Known(value.GetString()) is not null, "silu, gelu or gelu_pytorch_tanh");
        return Known(keys.Text(key) ?? fallback) ?? Activation.Silu;
    }

    /// <summary>The plan with this window in the chosen layers.</summary>
    public static DecoderPlan WithWindow(this DecoderPlan plan, int window, Func<int, bool> isLocal)
        => plan with { Layers = [.. plan.Layers.Select((layer, i) => isLocal(i) ? layer with { Window = window } : layer)] };

    private static Activation? Known(string? name) => name switch
    {
        "silu" or "swish" => Activation.Silu,
        "gelu" => Activation.Gelu,
        "gelu_pytorch_tanh" or "gelu_new" => Activation.GeluTanh,
        _ => null,
    };
}
