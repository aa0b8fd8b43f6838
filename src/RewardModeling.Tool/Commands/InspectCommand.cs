using System.CommandLine;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel inspect</c>: what a model folder holds, what is missing and what is not supported.</summary>
internal static class InspectCommand
{
    private const string Examples = """
        rewardmodel inspect data/models/rm-nano-base
        rewardmodel inspect onnx --json
        """;

    public static ToolCommand Create()
    {
        Argument<string> folder = new("DIR") { Description = "Backbone, trained model or ONNX folder." };
        Command command = new("inspect", "Show what a model folder holds, what is missing or unsupported.") { folder };
        return new(command, Examples, (parsed, context) => Run(parsed.GetRequiredValue(folder), context));
    }

    private static int Run(string path, ToolContext context) => throw new NotSupportedException();
}
