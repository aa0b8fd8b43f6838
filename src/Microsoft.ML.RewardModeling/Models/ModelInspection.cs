using System.Text.Json;
using Microsoft.ML.RewardModeling.Models.Families;
using Microsoft.ML.RewardModeling.Models.Heads;
using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>
/// What a model directory in Hugging Face layout holds and everything that is wrong with it. It reads as far as it can: a
/// family that is not supported, missing files and damaged weights are problems and no exceptions. Of the weights it reads
/// the headers only.
/// </summary>
public sealed record ModelInspection
{
    /// <summary><c>model_type</c> of the configuration; null where there is none.</summary>
    public string? Family { get; init; }

    /// <summary>The first entry of <c>architectures</c>; null where there is none.</summary>
    public string? Architecture { get; init; }

    /// <summary>Whether this library computes the configuration.</summary>
    public bool IsSupported { get; init; }

    /// <summary>Whether the weights have every tensor that the configuration asks for, and no other.</summary>
    public bool HasFittingWeights { get; init; }

    /// <summary>The reward head: its kind and its name in the weights, for example <c>linear score</c>; null for none.</summary>
    public string? RewardHead { get; init; }

    /// <summary>Number of stored parameters; tied tensors count once.</summary>
    public long Parameters { get; init; }

    /// <summary>Number of weight files.</summary>
    public int Files { get; init; }

    /// <summary>Number of tensors.</summary>
    public int Tensors { get; init; }

    /// <summary>Bytes of the weights by element type, the largest first.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> BytesByType { get; init; } = [];

    /// <summary>The configuration as it is in the file; undefined where it cannot be read.</summary>
    public JsonElement Config { get; init; }

    /// <summary>Everything missing, damaged or not supported; empty for a model that loads.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Inspects a directory.</summary>
    /// <param name="directory">The model directory.</param>
    /// <returns>The facts that could be read, and the problems.</returns>
    public static ModelInspection Read(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        List<string> problems = [];
        JsonElement raw = RawConfig(directory, problems);
        BackboneConfig? config = problems.Count > 0 ? null : Try(() => BackboneConfig.Load(directory), problems);
        using WeightsDirectory? weights = Try(() => WeightsDirectory.Open(directory), problems);
        bool fits = config is not null && weights is not null && Try(() => StoredModel.Match(weights, config, SupportedFamilies.Plan(config)), problems) is not null;
        return new ModelInspection
        {
            Family = Text(raw, "model_type"),
            Architecture = raw.ValueKind == JsonValueKind.Object && raw.TryGetProperty("architectures", out JsonElement list)
                && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 ? list[0].ToString() : null,
            IsSupported = config is not null,
            HasFittingWeights = fits,
            RewardHead = weights is null ? null : Head(weights, config, problems, report: fits || config is null),
            Parameters = weights?.ParameterCount ?? 0,
            Files = weights?.Files.Count ?? 0,
            Tensors = weights?.Tensors.Count ?? 0,
            BytesByType = [.. (weights?.Tensors.Values ?? []).GroupBy(tensor => tensor.Dtype)
                .Select(group => KeyValuePair.Create(group.Key, group.Sum(tensor => tensor.ByteLength))).OrderByDescending(type => type.Value)],
            Config = raw,
            Problems = problems,
        };
    }

    private static string? Head(WeightsDirectory weights, BackboneConfig? config, List<string> problems, bool report)
    {
        StoredTensors? stored = Try(() => StoredTensors.Find(weights), report ? problems : []);
        return stored?.Head is not { } head ? null
            : $"{(head.Kind == RewardHeadKind.Mlp ? $"mlp of {head.Width}" : head.Bias ? "linear with bias" : "linear")}, {stored.HeadName}"
                + (config is not null && Try(() => RewardScale.Read(config), problems) is { } scale ? FormattableString.Invariant($", (r - {scale.Mean}) / {scale.Deviation}") : "");
    }

    private static JsonElement RawConfig(string directory, List<string> problems)
    {
        string path = Path.Combine(directory, "config.json");
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            return document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            problems.Add($"{path}: not valid JSON ({error.Message}). Fetch the file again.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{path}: cannot be read ({error.Message}). Fetch the file, or name the folder that holds it.");
        }

        return default;
    }

    private static string? Text(JsonElement root, string key)
        => root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static T? Try<T>(Func<T> read, List<string> problems)
        where T : class?
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is RewardModelingException or IOException or UnauthorizedAccessException)
        {
            problems.Add(error.Message);
            return null;
        }
    }
}
