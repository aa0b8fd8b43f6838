using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel tokenize</c>: the ids that the tokenizer of a directory gives for texts, and the texts back.</summary>
internal static class TokenizeCommand
{
    private const string Examples = """
        rewardmodel tokenize --tokenizer data/models/rm-nano-base --input texts.jsonl --out ids.jsonl

        A row {"id": "t1", "text": "Hello"} becomes
        {"id": "t1", "ids": [...], "ids_special": [...], "decoded": "...", "decoded_skip": "Hello"}
        ids_special has the tokenizer's own special tokens added; decoded and decoded_skip are its text with and without them.
        """;

    public static ToolCommand Create()
    {
        Option<string> tokenizer = Options.RequiredPath("--tokenizer", "DIR", "Folder with tokenizer.json.");
        Option<string> input = Options.RequiredPath("--input", "TEXTS.jsonl", "Rows {\"id\", \"text\"}; .jsonl or .jsonl.gz.");
        Option<string> output = Options.RequiredPath("--out", "IDS.jsonl", "File to write.");
        Command command = new("tokenize", "Show the token ids of texts and the texts back.") { tokenizer, input, output };
        return new(command, Examples, (parsed, context) =>
            Run(parsed.GetRequiredValue(tokenizer), parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), context));
    }

    private static int Run(string tokenizerPath, string inputPath, string outputPath, ToolContext context)
    {
        string folder = InputPaths.Folder("--tokenizer", tokenizerPath);
        string input = InputPaths.File("--input", inputPath);
        string output = OutputPaths.File("--out", outputPath);
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder);
        using JsonLinesWriter writer = new(output);
        foreach (JsonRow row in JsonLines.Read(input))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            writer.Write(Describe(row.Require("id").DeepClone(), row.Text("text"), tokenizer));
        }

        writer.Commit();
        context.Result(new JsonObject { ["rows"] = writer.Rows, ["out"] = output }, $"{writer.Rows} texts tokenized: {output}");
        return ExitCode.Success;
    }

    private static JsonObject Describe(JsonNode id, string text, HuggingFaceTokenizer tokenizer)
    {
        int[] special = tokenizer.Encode(text, addSpecialTokens: true);
        return new JsonObject
        {
            ["id"] = id,
            ["ids"] = Numbers(tokenizer.Encode(text)),
            ["ids_special"] = Numbers(special),
            ["decoded"] = tokenizer.Decode(special),
            ["decoded_skip"] = tokenizer.Decode(special, skipSpecialTokens: true),
        };
    }

    private static JsonArray Numbers(int[] ids) => [.. ids.Select(id => (JsonNode)id)];
}
