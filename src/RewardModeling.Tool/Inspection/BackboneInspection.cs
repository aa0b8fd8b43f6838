using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Weights;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Inspection;

/// <summary>
/// What a folder in Hugging Face layout holds. Reads as far as it can: a family that is not supported still has its
/// facts told, and everything wrong is collected instead of stopping at the first.
/// </summary>
internal static class BackboneInspection
{
    public static JsonObject Describe(string folder)
    {
        List<string> problems = [];
        JsonObject config = ReadConfig(Path.Combine(folder, "config.json"));
        BackboneConfig? known = Try(() => BackboneConfig.Load(folder), problems);
        (JsonObject weights, long parameters) = Try(() => Weights(folder), problems) is { } read ? read : (new JsonObject(), 0L);
        HuggingFaceTokenizer? tokenizer = Try(() => HuggingFaceTokenizer.Load(folder), problems);
        bool hasTemplate = tokenizer?.ChatTemplateSource is { } source && Try(() => ChatTemplate.Parse(source), problems) is not null;
        int? rows = known?.VocabularySize ?? (int?)config["vocab_size"];
        if (tokenizer is not null && tokenizer.VocabularySize > rows)
        {
            problems.Add(
                $"tokenizer.json gives ids up to {tokenizer.VocabularySize - 1}, the embedding has {rows} rows. "
                + "Use the tokenizer that belongs to these weights.");
        }

        return new JsonObject
        {
            ["kind"] = File.Exists(Path.Combine(folder, "reward_model.json")) || known?.IsSequenceClassifier == true ? "reward-model" : "backbone",
            ["family"] = (string?)config["model_type"],
            ["architecture"] = config["architectures"]?.AsArray().FirstOrDefault()?.ToString(),
            ["supported"] = known is not null,
            ["parameters"] = parameters,
            ["dtype"] = weights["dtype"]?.DeepClone() ?? config["torch_dtype"]?.DeepClone() ?? config["dtype"]?.DeepClone(),
            ["weights"] = weights.Count > 0 ? weights : null,
            ["layers"] = config["num_hidden_layers"]?.DeepClone(),
            ["hidden_size"] = config["hidden_size"]?.DeepClone(),
            ["vocabulary_size"] = config["vocab_size"]?.DeepClone(),
            ["max_length"] = config["max_position_embeddings"]?.DeepClone(),
            ["tied_embeddings"] = known?.TieWordEmbeddings,
            ["tokenizer"] = tokenizer is null ? null : TokenizerFacts.Describe(tokenizer),
            ["chat_template"] = hasTemplate,
            ["problems"] = new JsonArray([.. problems.Select(problem => (JsonNode)problem)]),
        };
    }

    private static JsonObject ReadConfig(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new JsonException("the file is no JSON object");
        }
        catch (JsonException error)
        {
            throw new WorkException($"{path}: not valid JSON: {error.Message} Fetch the file again.", error);
        }
    }

    private static (JsonObject Facts, long Parameters)? Weights(string folder)
    {
        using WeightsDirectory weights = WeightsDirectory.Open(folder);
        IEnumerable<string> types = weights.Tensors.Values.Select(tensor => tensor.Dtype).Distinct().Order(StringComparer.Ordinal);
        JsonObject facts = new()
        {
            ["files"] = weights.Files.Count,
            ["tensors"] = weights.Tensors.Count,
            ["bytes"] = weights.ByteLength,
            ["dtype"] = string.Join("+", types),
        };
        return (facts, weights.ParameterCount);
    }

    private static T? Try<T>(Func<T> read, List<string> problems)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is RewardModelingException or RewardScoringException or IOException)
        {
            problems.Add(error.Message);
            return default;
        }
    }
}
