using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>Writes a reward model as a Hugging Face directory that transformers and vLLM serve as a sequence classifier.</summary>
internal static class RewardModelWriter
{
    public const string CardName = "reward_model.json";
    public const string MetricsName = "metrics.jsonl";

    private const string ConfigName = "config.json";
    private const int FormatVersion = 1;

    private static readonly string[] CopiedFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja", "chat_template.json",
        "vocab.json", "merges.txt", "tokenizer.model", "generation_config.json", "LICENSE", "LICENSE.txt", "NOTICE", "NOTICE.md",
    ];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(RewardModel model, string directory, RewardModelSaveOptions options)
    {
        if (options.MaxShardBytes <= 0)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.MaxShardBytes, "MaxShardBytes must be above 0.");
        }

        try
        {
            using OutputStaging staging = new(directory);
            string type = SavedConfig.TypeOf(model.Config, options.WeightType);
            WeightsWriter.Write(
                staging.Path,
                [.. model.Parameters.Items.Select(item => SavedTensor.Source(item.Key, item.Value, type))],
                options.MaxShardBytes);
            CopyFiles(options.TokenizerDirectory ?? model.Directory, staging.Path, options.MetricsPath);
            WriteJson(Path.Combine(staging.Path, CardName), Card(options.Card));
            WriteJson(Path.Combine(staging.Path, ConfigName), SavedConfig.Create(model, options, PadTokenId(model.Config, options)));

            // The old configuration goes first and the new one comes last: in between, the folder is no model.
            staging.Publish(ConfigName, WeightsWriter.Existing(directory));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{directory}: the model cannot be saved here ({error.Message}). Choose a folder that can be written.", error);
        }
    }

    /// <summary>
    /// A padding id that closes no real text: the wanted one, the configured one, the unknown or beginning token, or the
    /// lowest id left.
    /// </summary>
    internal static int PadTokenId(BackboneConfig config, RewardModelSaveOptions options)
    {
        HashSet<int> closing = [.. config.EosTokenIds, .. options.ClosingTokenIds];
        if (options.PadTokenId is { } wanted && closing.Contains(wanted))
        {
            throw new RewardModelingException(
                $"Padding id {wanted} also ends real texts; a sequence classifier would read the reward one token early. Choose another id.");
        }

        int?[] candidates = [options.PadTokenId, config.PadTokenId, config.BosTokenId];
        return candidates.FirstOrDefault(id => id is { } value && value >= 0 && value < config.VocabularySize && !closing.Contains(value))
            ?? Enumerable.Range(0, config.VocabularySize).First(id => !closing.Contains(id));
    }

    private static JsonObject Card(JsonObject? card)
    {
        JsonObject result = new() { ["format_version"] = FormatVersion };
        foreach ((string name, JsonNode? value) in card ?? [])
        {
            result[name] = value?.DeepClone();
        }

        return result;
    }

    private static void WriteJson(string path, JsonObject content) => File.WriteAllText(path, content.ToJsonString(Indented) + "\n");

    private static void CopyFiles(string? source, string target, string? metrics)
    {
        foreach (string name in source is null ? [] : CopiedFiles)
        {
            if (File.Exists(Path.Combine(source!, name)))
            {
                File.Copy(Path.Combine(source!, name), Path.Combine(target, name));
            }
        }

        if (metrics is not null && File.Exists(metrics))
        {
            File.Copy(metrics, Path.Combine(target, MetricsName));
        }
    }
}
