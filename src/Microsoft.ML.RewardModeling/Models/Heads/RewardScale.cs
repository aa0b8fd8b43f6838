using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Models.Heads;

/// <summary>
/// OpenRLHF's <c>normalize_reward</c>: the reward is (r - mean) / std with two numbers from <c>config.json</c>. It is put
/// into the last weights and bias of the head when a directory is read.
/// </summary>
internal sealed record RewardScale(double Mean, double Deviation)
{
    /// <summary>Keys that are spent once the head has them.</summary>
    public static readonly IReadOnlyList<string> Keys = ["normalize_reward", "mean", "std", "value_head_prefix"];

    /// <summary>The scale, or null where none is asked for.</summary>
    /// <exception cref="RewardModelingException">It is asked for, but the numbers are missing or meaningless.</exception>
    public static RewardScale? Read(BackboneConfig config)
    {
        if (config.Raw.ValueKind != JsonValueKind.Object
            || !config.Raw.TryGetProperty("normalize_reward", out JsonElement wanted) || wanted.ValueKind != JsonValueKind.True)
        {
            return null;
        }

        double? mean = Number(config.Raw, "mean"), deviation = Number(config.Raw, "std");
        return (mean, deviation) switch
        {
            (null, null) => null,
            ({ } m, > 0 and { } d) => new RewardScale(m, d),
            _ => throw new RewardModelingException(
                FormattableString.Invariant($"{config.Architecture}: normalize_reward is true with mean {mean} and std {deviation}; expected two numbers, std above 0.")),
        };
    }

    private static double? Number(JsonElement root, string key)
        => root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
