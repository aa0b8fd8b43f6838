using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Inspection;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel logits</c>: what a backbone's forward pass gives for given ids, as raw numbers.</summary>
internal static class LogitsCommand
{
    private const string Examples = """
        rewardmodel logits --backbone data/models/rm-nano-base --input cases.json --out logits

        cases.json: {"cases": [{"name": "a", "input_ids": [[1, 5, 9]], "attention_mask": optional, "position_ids": optional}]}
        a.f32: little-endian float32 [batch, length, vocabulary]; masked positions are 0. A reward model gives [batch, 1].
        """;

    public static ToolCommand Create()
    {
        Option<string> backbone = Options.RequiredPath("--backbone", "DIR", "Hugging Face folder of a language model or a reward model.");
        Option<string> input = Options.RequiredPath("--input", "CASES.json", "Named cases of token ids.");
        Option<string> output = Options.RequiredPath("--out", "FOLDER", "Folder for one NAME.f32 a case.");
        Command command = new("logits", "Write the raw logits of given token ids.") { backbone, input, output };
        return new(command, Examples, (parsed, context) =>
            Run(parsed.GetRequiredValue(backbone), parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), context));
    }

    private static int Run(string backbonePath, string inputPath, string outputPath, ToolContext context)
    {
        string folder = InputPaths.Folder("--backbone", backbonePath);
        string input = InputPaths.File("--input", inputPath);
        IReadOnlyList<LogitsCase> cases = LogitsCases.Read(input);
        string output = OutputPaths.Folder("--out", outputPath);
        using RewardModel model = RewardModel.Load(folder);
        JsonArray written = [];
        foreach (LogitsCase item in cases)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.WhenCancelled = $"The cases before '{item.Name}' are in {output}.";
            (float[] values, int[] shape) = Compute(model, item, input);
            string path = Path.Combine(output, item.Name + ".f32");
            RawSingles.Write(path, values);
            written.Add(new JsonObject { ["name"] = item.Name, ["shape"] = new JsonArray([.. shape.Select(size => (JsonNode)size)]), ["file"] = path });
        }

        string lines = string.Join(Environment.NewLine, written.Select(item => $"{item!["file"]}  [{string.Join(", ", item["shape"]!.AsArray())}]"));
        context.Result(new JsonObject { ["cases"] = written, ["out"] = output }, lines);
        return ExitCode.Success;
    }

    private static (float[] Values, int[] Shape) Compute(RewardModel model, LogitsCase item, string input)
    {
        try
        {
            return model.HasTrainedHead
                ? (model.Rewards(item.InputIds, item.AttentionMask, item.PositionIds), [item.Batch, 1])
                : (model.Logits(item.InputIds, item.AttentionMask, item.PositionIds), [item.Batch, item.Length, model.Config.VocabularySize]);
        }
        catch (ArgumentException error)
        {
            throw new WorkException($"{input}: case '{item.Name}': {error.Message}", error);
        }
    }
}
