using System.CommandLine;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel logits</c>: what a backbone's forward pass gives for given ids, as raw numbers.</summary>
internal static class LogitsCommand
{
    private const string Examples = """
        rewardmodel logits --backbone data/models/rm-nano-base --input cases.json --out logits

        cases.json: {"cases": [{"name": "a", "input_ids": [[1, 5, 9]], "attention_mask": optional, "position_ids": optional}]}
        a.f32: little-endian float32 [batch, length, vocabulary]; masked positions are 0. A sequence classifier gives [batch, 1].
        """;

    public static ToolCommand Create()
    {
        Option<string> backbone = Options.RequiredPath("--backbone", "DIR", "Hugging Face folder of a language model or a sequence classifier.");
        Option<string> input = Options.RequiredPath("--input", "CASES.json", "Named cases of token ids.");
        Option<string> output = Options.RequiredPath("--out", "FOLDER", "Folder for one NAME.f32 a case.");
        Command command = new("logits", "Write the raw logits of given token ids.") { backbone, input, output };
        return new(command, Examples, (parsed, context) =>
            Run(parsed.GetRequiredValue(backbone), parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), context));
    }

    private static int Run(string backbonePath, string inputPath, string outputPath, ToolContext context) => throw new NotSupportedException();
}
