using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>Folders with tokenizers: unpacked, assembled or written by a test.</summary>
internal static class TokenizerFolders
{
    /// <summary>GPT-2's vocabulary and merges as the tokenizer.json that transformers writes for them.</summary>
    public static TemporaryFolder Gpt2()
    {
        JsonNode vocabulary = JsonNode.Parse(Unzip(TestData.SharedOrSkip("tokenizers", "gpt2", "vocab.json.gz")))!;
        string merges = Unzip(TestData.SharedOrSkip("tokenizers", "gpt2", "merges.txt.gz"));
        JsonArray list = [.. merges.Split('\n').Where(line => line.Length > 0).Select(line => (JsonNode)line)];
        return Write(new JsonObject
        {
            ["added_tokens"] = new JsonArray(new JsonObject
            {
                ["id"] = 50256, ["content"] = "<|endoftext|>", ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false,
                ["normalized"] = false, ["special"] = true,
            }),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = list },
        });
    }

    public static TemporaryFolder Qwen3()
    {
        TemporaryFolder folder = new();
        File.WriteAllText(folder["tokenizer.json"], Unzip(TestData.SharedOrSkip("tokenizers", "qwen3", "tokenizer.json.gz")));
        File.Copy(TestData.SharedOrSkip("tokenizers", "qwen3", "tokenizer_config.json"), folder["tokenizer_config.json"]);
        return folder;
    }

    public static TemporaryFolder Write(JsonNode tokenizer, string? config = null)
    {
        TemporaryFolder folder = new();
        File.WriteAllText(folder["tokenizer.json"], tokenizer.ToJsonString());
        if (config is not null)
        {
            File.WriteAllText(folder["tokenizer_config.json"], config);
        }

        return folder;
    }

    /// <summary>Cases of text and ids from a JSON list or from lines.</summary>
    public static IReadOnlyList<(string Text, int[] Ids)> Cases(string path)
    {
        string content = File.ReadAllText(path);
        IEnumerable<JsonElement> items = path.EndsWith(".jsonl", StringComparison.Ordinal)
            ? content.Split('\n').Where(line => line.Length > 0).Select(line => JsonDocument.Parse(line).RootElement)
            : JsonDocument.Parse(content).RootElement.EnumerateArray();
        return [.. items.Select(item => (
            item.GetProperty("text").GetString()!,
            item.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray()))];
    }

    private static string Unzip(string path)
    {
        using GZipStream stream = new(File.OpenRead(path), CompressionMode.Decompress);
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
