using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>Which layers look through a sliding window.</summary>
internal static class LayerTypes
{
    private const string Local = "sliding_attention", Global = "full_attention";

    /// <summary>The list <c>layer_types</c> where the file has one, else the family's rule; true is a sliding window.</summary>
    public static bool[] Read(BackboneConfig config, ConfigKeys keys, Func<int, bool> rule)
    {
        IReadOnlyList<string>? types = keys.Texts("layer_types");
        if (types is null)
        {
            return [.. Enumerable.Range(0, config.Layers).Select(rule)];
        }

        if (types.FirstOrDefault(type => type is not (Local or Global)) is { } other)
        {
            keys.Problem($"layer_types has '{other}', which changes the arithmetic and is not supported; expected {Local} or {Global}");
        }

        if (types.Count != config.Layers)
        {
            keys.Problem($"layer_types has {types.Count} entries; expected {config.Layers}, one per layer");
        }

        return [.. Enumerable.Range(0, config.Layers).Select(i => i < types.Count && types[i] == Local)];
    }

    /// <summary>The plan with the window in the local layers; it must be there if any layer is local.</summary>
    public static DecoderPlan Apply(DecoderPlan plan, ConfigKeys keys, bool[] isLocal, int? window)
    {
        if (window is null && isLocal.Contains(true))
        {
            keys.Problem($"layer_types has {Local}, but the model has no sliding_window; expected a window or only {Global}");
        }

        return window is { } size ? plan.WithWindow(size, i => isLocal[i]) : plan;
    }

    /// <summary><c>sliding_window</c>: absent is the family's default, null is none.</summary>
    public static int? Window(ConfigKeys keys, int? absent)
        => keys.Has("sliding_window", out _) ? keys.Positive("sliding_window") : keys.Contains("sliding_window") ? null : absent;
}
