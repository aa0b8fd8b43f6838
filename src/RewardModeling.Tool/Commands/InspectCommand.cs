using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Inspection;
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

    private static int Run(string path, ToolContext context)
    {
        string folder = InputPaths.Folder("DIR", path);
        JsonObject facts = ModelFolder.KindOf(folder) == ModelKind.Onnx ? OnnxInspection.Describe(folder) : BackboneInspection.Describe(folder);
        context.Result(facts, Table(facts));
        return ExitCode.Success;
    }

    private static string Table(JsonObject facts)
    {
        List<string> lines = [];
        foreach ((string name, JsonNode? value) in facts)
        {
            string label = name.Replace('_', ' ').PadRight(20);
            if (value is JsonArray list && name == "problems")
            {
                lines.Add(label + (list.Count == 0 ? "none" : list.Count.ToString(CultureInfo.InvariantCulture)));
                lines.AddRange(list.Select(item => $"  - {item}"));
            }
            else
            {
                lines.Add(label + Show(value));
            }
        }

        return string.Join(Environment.NewLine, lines);
    }

    private static string Show(JsonNode? value) => value switch
    {
        null => "-",
        JsonObject inner => string.Join(", ", inner.Select(field => $"{field.Key.Replace('_', ' ')} {Show(field.Value)}")),
        JsonArray list => string.Join(", ", list.Select(Show)),
        _ => value.GetValueKind() switch
        {
            JsonValueKind.True => "yes",
            JsonValueKind.False => "no",
            _ => value.ToString(),
        },
    };
}
