using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
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

        string model = InputPaths.Folder("--model", modelPath);
        string output = OutputPaths.NotAFile("--out", outputPath);
        if (model == output)
        {
            throw new UsageException($"--out is the model's own folder '{outputPath}'; expected another one. Choose a new folder.");
        }

        context.WhenCancelled = $"{outputPath} is as it was before.";
        context.Note($"Exporting {modelPath} and comparing the scores with the trained model...");
        ExportManifest manifest = OnnxExporter.Export(model, output, new OnnxExportOptions { Precision = precision }, context.Cancellation);
        context.Result(
            new JsonObject
            {
                ["parity_max_abs"] = manifest.ParityMaxAbs,
                ["out"] = output,
                ["precision"] = manifest.Precision,
                ["bytes"] = manifest.Bytes,
            },
            string.Create(
                CultureInfo.InvariantCulture,
                $"Exported to {output}: {manifest.Precision}, {manifest.Bytes / 1e6:0.0} MB. Largest difference from the trained model on "
                + $"{manifest.ParityTexts} texts: {manifest.ParityMaxAbs:0.0e+0} (allowed: {manifest.ParityTolerance:0.0e+0})."));
        return ExitCode.Success;
    }
}
