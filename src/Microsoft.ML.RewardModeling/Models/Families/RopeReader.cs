using System.Text.Json;
using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>
/// Reads the rotary embedding: <c>rope_theta</c> with <c>rope_scaling</c> until version 4 of transformers, one object
/// <c>rope_parameters</c> since version 5, which may hold one object per kind of layer.
/// </summary>
internal static class RopeReader
{
    private const string Global = "full_attention", Local = "sliding_attention";

    private static readonly string[] KnownKeys = ["rope_type", "type", "rope_theta", "partial_rotary_factor", "original_max_position_embeddings"];

    /// <summary>The base of the frequencies of global layers.</summary>
    public static double Theta(ConfigKeys keys, double fallback)
    {
        double outer = keys.Number("rope_theta", fallback);
        double theta = Scaling(keys, Global)?.Number("rope_theta", outer) ?? outer;
        if (keys.Has("rope_theta", out _) && theta != outer)
        {
            keys.Problem(FormattableString.Invariant($"rope_theta is {outer}, but {theta} inside rope_parameters; expected the same"));
        }

        return theta;
    }

    /// <summary>The rotary embedding of all layers, or of the global ones.</summary>
    public static RopePlan Read(BackboneConfig config, ConfigKeys keys)
    {
        bool perKind = config.ModelType == Gemma3Family.Family.ModelType;
        if (keys.Object("rope_parameters") is { } parameters && perKind != (parameters.Contains(Global) || parameters.Contains(Local)))
        {
            keys.Problem($"rope_parameters {(perKind ? "has no" : "has one")} object per kind of layer ({Global}, {Local}), unlike other {config.ModelType} models");
        }

        double part = keys.Number("partial_rotary_factor", 1);
        ConfigKeys? scaling = Scaling(keys, Global);
        return Read(config, keys, scaling, config.RopeTheta, scaling?.Number("partial_rotary_factor", part) ?? part);
    }

    /// <summary>The rotary embedding of layers with a sliding window, which is not stretched unless the file says so.</summary>
    public static RopePlan ReadLocal(BackboneConfig config, ConfigKeys keys, double theta)
    {
        ConfigKeys? scaling = keys.Object("rope_parameters")?.Object(Local);
        return Read(config, keys, scaling, scaling?.Number("rope_theta", theta) ?? theta, 1);
    }

    private static ConfigKeys? Scaling(ConfigKeys keys, string layers)
    {
        ConfigKeys? older = keys.Object("rope_scaling"), newer = keys.Object("rope_parameters");
        if (newer is not null && (newer.Contains(Global) || newer.Contains(Local)))
        {
            newer = newer.Object(layers);
        }

        if (older is not null && newer is not null)
        {
            keys.Has("rope_scaling", out JsonElement scaling);
            keys.Has("rope_parameters", out JsonElement parameters);
            if (!JsonElement.DeepEquals(scaling, parameters))
            {
                keys.Problem("rope_scaling and rope_parameters differ; expected one of them");
            }
        }

        return newer ?? older;
    }

    private static RopePlan Read(BackboneConfig config, ConfigKeys keys, ConfigKeys? scaling, double theta, double part)
    {
        int dim = (int)(config.HeadDim * part);
        if (dim < 2 || dim % 2 != 0 || dim > config.HeadDim)
        {
            keys.Problem(FormattableString.Invariant($"partial_rotary_factor {part} makes {dim} of {config.HeadDim} elements of a head turn; expected an even number of at least 2"));
        }

        RopePlan plan = new(dim, theta) { OriginalPositions = config.MaxPositions };
        string type = scaling?.Text("rope_type") ?? scaling?.Text("type") ?? "default";
        (RopePlan read, string[] used) = scaling is null ? (plan, []) : type switch
        {
            "default" => (plan, []),
            "linear" => (plan with { Kind = RopeKind.Linear, Factor = scaling.Number("factor") }, ["factor"]),
            "dynamic" => (plan with { Kind = RopeKind.Dynamic, Factor = scaling.Number("factor") }, ["factor"]),
            "llama3" => (Llama3(plan, scaling), ["factor", "low_freq_factor", "high_freq_factor"]),
            "longrope" or "su" => (LongRope(plan, config, keys, scaling), ["factor", "short_factor", "long_factor", "attention_factor"]),
            "yarn" when config.ModelType == Phi3Family.Family.ModelType => (LongRope(plan, config, keys, scaling), ["factor", "short_factor", "long_factor", "attention_factor"]),
            _ => (plan, scaling.Names.ToArray()),
        };
        if (scaling is not null && type is not "default" && read.Kind == RopeKind.Default)
        {
            scaling.Require(scaling.Has("rope_type", out _) ? "rope_type" : "type", _ => false, "default, linear, dynamic, llama3 or longrope");
        }

        if (read.Kind == RopeKind.Dynamic && dim == 2)
        {
            keys.Problem("a dynamic rotary embedding needs more than 2 turning elements per head");
        }

        foreach (string name in scaling?.Names.Except(KnownKeys).Except(used) ?? [])
        {
            scaling!.Require(name, _ => false, $"no such key with rope_type '{type}'");
        }

        return read;
    }

    private static RopePlan Llama3(RopePlan plan, ConfigKeys scaling)
    {
        plan = plan with
        {
            Kind = RopeKind.Llama3,
            Factor = scaling.Number("factor"),
            LowFrequencyFactor = scaling.Number("low_freq_factor"),
            HighFrequencyFactor = scaling.Number("high_freq_factor"),
            OriginalPositions = scaling.Positive("original_max_position_embeddings"),
        };
        if (plan.HighFrequencyFactor <= plan.LowFrequencyFactor)
        {
            scaling.Problem(FormattableString.Invariant($"high_freq_factor {plan.HighFrequencyFactor} is not above low_freq_factor {plan.LowFrequencyFactor}"));
        }

        return plan;
    }

    /// <summary>The amplitude is sqrt(1 + ln s / ln L0) for a model stretched s times beyond L0 positions.</summary>
    private static RopePlan LongRope(RopePlan plan, BackboneConfig config, ConfigKeys keys, ConfigKeys scaling)
    {
        int fallback = config.ModelType == Phi3Family.Family.ModelType ? 4096 : 0;
        int original = keys.Has("original_max_position_embeddings", out _) ? keys.Positive("original_max_position_embeddings")
            : scaling.Positive("original_max_position_embeddings", fallback > 0 ? fallback : null);
        double stretch = (double)config.MaxPositions / Math.Max(1, original);
        double factor = scaling.Number("factor", stretch);
        if (Math.Abs(factor - stretch) > 1e-6 * stretch && !scaling.Has("attention_factor", out _))
        {
            scaling.Problem(FormattableString.Invariant(
                $"the factor {factor} of longrope is not max_position_embeddings / original_max_position_embeddings = {stretch}; versions of transformers differ in which they use"));
        }

        double amplitude = factor <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(factor) / Math.Log(Math.Max(2, original))));
        return plan with
        {
            Kind = RopeKind.LongRope,
            OriginalPositions = original,
            ShortFactors = Factors(scaling, "short_factor", plan.Dim / 2),
            LongFactors = Factors(scaling, "long_factor", plan.Dim / 2),
            Amplitude = scaling.Number("attention_factor", amplitude),
        };
    }

    private static IReadOnlyList<double> Factors(ConfigKeys scaling, string key, int count)
    {
        IReadOnlyList<double> factors = scaling.Numbers(key) ?? [];
        if (factors.Count != count || factors.Any(factor => factor <= 0))
        {
            scaling.Problem($"{key} of longrope has {factors.Count} numbers, {factors.Count(factor => factor <= 0)} of them not above 0; expected {count} numbers above 0");
        }

        return factors.Count == count ? factors : [.. Enumerable.Repeat(1.0, count)];
    }
}
