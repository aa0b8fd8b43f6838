using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Scoring;

namespace RewardModeling.Tool.Inspection;

/// <summary>
/// What a folder in Hugging Face layout holds. Reads as far as it can: a family that is not supported still has its
/// facts told, and everything wrong is collected instead of stopping at the first.
/// </summary>
internal static class BackboneInspection
{
    public static JsonObject Describe(string folder)
    {
        ModelInspection model = ModelInspection.Read(folder);
        List<string> problems = [.. model.Problems];
        JsonObject config = model.Config.ValueKind == JsonValueKind.Object ? JsonObject.Create(model.Config)! : [];
        HuggingFaceTokenizer? tokenizer = Try(() => HuggingFaceTokenizer.Load(folder), problems);
        bool hasTemplate = tokenizer?.ChatTemplateSource is { } source && Try(() => ChatTemplate.Parse(source), problems) is not null;
        int? rows = Number(config, "vocab_size");
        if (tokenizer is not null && tokenizer.VocabularySize > rows)
        {
            problems.Add(
                $"tokenizer.json gives ids up to {tokenizer.VocabularySize - 1}, the embedding has {rows} rows. "
                + "Use the tokenizer that belongs to these weights.");
        }

        return new JsonObject
        {
            ["kind"] = File.Exists(Path.Combine(folder, "reward_model.json")) || model.RewardHead is not null ? "reward-model" : "backbone",
            ["family"] = model.Family,
            ["architecture"] = model.Architecture,
            ["supported"] = model.IsSupported,
            ["weights_fit"] = model.HasFittingWeights,
            ["reward_head"] = model.RewardHead,
            ["parameters"] = model.Parameters,
            ["dtype"] = model.BytesByType.Count > 0 ? string.Join("+", model.BytesByType.Select(type => type.Key)) : Copy(config, "dtype") ?? Copy(config, "torch_dtype"),
            ["weights"] = Weights(model),
            ["layers"] = Copy(config, "num_hidden_layers"),
            ["heads"] = Copy(config, "num_attention_heads"),
            ["key_value_heads"] = Copy(config, "num_key_value_heads"),
            ["hidden_size"] = Copy(config, "hidden_size"),
            ["vocabulary_size"] = Copy(config, "vocab_size"),
            ["max_length"] = Copy(config, "max_position_embeddings"),
            ["tied_embeddings"] = Copy(config, "tie_word_embeddings"),
            ["tokenizer"] = tokenizer is null ? null : TokenizerFacts.Describe(tokenizer),
            ["chat_template"] = hasTemplate,
            ["problems"] = new JsonArray([.. problems.Select(problem => (JsonNode)problem)]),
        };
    }

    private static JsonObject? Weights(ModelInspection model) => model.Files == 0 ? null : new JsonObject
    {
        ["files"] = model.Files,
        ["tensors"] = model.Tensors,
        ["bytes"] = model.BytesByType.Sum(type => type.Value),
        ["bytes_by_type"] = new JsonObject(model.BytesByType.Select(type => KeyValuePair.Create(type.Key, (JsonNode?)type.Value))),
    };

    private static JsonNode? Copy(JsonObject config, string key) => config[key]?.DeepClone();

    private static int? Number(JsonObject config, string key) => config[key] is JsonValue value && value.TryGetValue(out int number) ? number : null;

    private static T? Try<T>(Func<T> read, List<string> problems)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is RewardScoringException or IOException or UnauthorizedAccessException)
        {
            problems.Add(error.Message);
            return null;
        }
    }
}
