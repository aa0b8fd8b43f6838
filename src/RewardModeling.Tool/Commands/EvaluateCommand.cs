using System.CommandLine;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel evaluate</c>: how often a model prefers the better answer.</summary>
internal static class EvaluateCommand
{
    private const string Examples = """
        rewardmodel evaluate --model model --pairs test.jsonl
        rewardmodel evaluate --model onnx --pairs test.jsonl.gz --report report.html --json
        """;

    public static ToolCommand Create()
    {
        Option<string> model = Options.RequiredPath("--model", "MODEL/|ONNX/", "Trained model folder or exported ONNX folder.");
        Option<string[]> pairs = Options.RequiredFiles("--pairs", "TEST.jsonl", "Labelled pairs; one or more files.");
        Option<string?> report = Options.Path("--report", "report.html", "Also write a self-contained page with the figures.");
        Command command = new("evaluate", "Measure how often a model prefers the better answer.") { model, pairs, report };
        return new(command, Examples, (parsed, context) =>
            Run(parsed.GetRequiredValue(model), parsed.GetRequiredValue(pairs), parsed.GetValue(report), context));
    }

    private static int Run(string modelPath, IReadOnlyList<string> pairPaths, string? reportPath, ToolContext context) =>
        throw new NotSupportedException();
}
