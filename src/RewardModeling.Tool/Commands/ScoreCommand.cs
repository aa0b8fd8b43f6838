using System.CommandLine;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel score</c>: a reward for each answer of a file.</summary>
internal static class ScoreCommand
{
    private const string Examples = """
        rewardmodel score --model onnx --input answers.jsonl --out scored.jsonl

        A row {"id", "prompt", "response"} becomes the same row plus "score", "tokens" and "truncated".
        "prompt" is text (one user turn) or a list of {"role", "content"} messages.
        """;

    public static ToolCommand Create()
    {
        Option<string> model = Options.RequiredPath("--model", "MODEL/|ONNX/", "Trained model folder or exported ONNX folder.");
        Option<string> input = Options.RequiredPath("--input", "ROWS.jsonl", "Rows {\"id\", \"prompt\", \"response\"}; .jsonl or .jsonl.gz.");
        Option<string> output = Options.RequiredPath("--out", "SCORED.jsonl", "File to write; it appears when it is complete.");
        Command command = new("score", "Score answers with a trained or exported model.") { model, input, output };
        return new(command, Examples, (parsed, context) =>
            Run(parsed.GetRequiredValue(model), parsed.GetRequiredValue(input), parsed.GetRequiredValue(output), context));
    }

    private static int Run(string modelPath, string inputPath, string outputPath, ToolContext context) => throw new NotSupportedException();
}
