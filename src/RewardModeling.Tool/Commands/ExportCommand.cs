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
        rewardmodel export --model model --out onnx-small --precision int8 --calibration train.jsonl --check test.jsonl
        """;

    public static ToolCommand Create()
    {
        Option<string> model = Options.RequiredPath("--model", "MODEL/", "Trained model folder.");
        Option<string> output = Options.RequiredPath("--out", "ONNX/", "Folder to write.");
        Option<string> precision = Options.Choice("--precision", "Type the weights are stored in; with --calibration int8 is computed in, too", "fp32", "fp32", "fp16", "bf16", "int8", "int4");
        Option<string[]> calibration = Options.Files("--calibration", "PAIRS.jsonl", "Pairs like those that will be scored, which int8 and int4 choose their roundings on.");
        Option<double?> calibrationGoal = Options.OptionalNumber("--calibration-goal", "SHARE", "Error, as a share of the scores' deviation, up to which --calibration rounds all it can: 0.01 for int8 and 0.1 for int4 by default.", 1e-6, 10.0);
        Option<string[]> check = Options.Files("--check", "TEST.jsonl", "Labelled pairs to compare the two models on; without it built-in texts.");
        Option<int?> maxLength = Options.OptionalNumber("--max-length", "TOKENS", "Longest text the exported model reads; the model's own maximum by default.", 2, 1 << 20);
        Option<bool> noPromptSharing = new("--no-prompt-sharing") { Description = "Leave out model.prefix.onnx, the graph for many answers to one prompt." };
        Option<bool> optimize = new("--optimize") { Description = "Also write the graphs with operators that only ONNX Runtime has; scorers run whichever is faster." };
        Option<int?> attentionBlocks = Options.OptionalNumber("--attention-blocks", "N", "Blocks in which causal attention of long texts is computed; one for every 128 tokens of the maximum length, up to 8, by default.", 1, 64);
        Option<string[]> ensemble = Options.Files("--ensemble", "MODEL/", "Trained models on the same frozen backbone, whose heads join: the reward is the mean.");
        Command command = new("export", "Write a trained model as ONNX and check that it scores the same.") { model, output, precision, calibration, calibrationGoal, check, maxLength, noPromptSharing, optimize, attentionBlocks, ensemble };
        return new(command, Examples, (parsed, context) => Run(
            parsed.GetRequiredValue(model),
            parsed.GetRequiredValue(output),
            parsed.GetRequiredValue(check),
            parsed.GetRequiredValue(calibration),
            new OnnxExportOptions
            {
                Precision = parsed.GetRequiredValue(precision),
                CalibrationGoal = parsed.GetValue(calibrationGoal),
                MaxLength = parsed.GetValue(maxLength),
                PromptSharing = !parsed.GetValue(noPromptSharing),
                Optimize = parsed.GetValue(optimize),
                AttentionBlocks = parsed.GetValue(attentionBlocks),
                Ensemble = parsed.GetRequiredValue(ensemble) is { Length: > 0 } directories ? [.. directories.Select(directory => InputPaths.Folder("--ensemble", directory))] : null,
            },
            context));
    }

    private static int Run(string modelPath, string outputPath, IReadOnlyList<string> checkPaths, IReadOnlyList<string> calibrationPaths, OnnxExportOptions options, ToolContext context)
    {
        string model = InputPaths.Folder("--model", modelPath);
        string output = OutputPaths.NotAFile("--out", outputPath);
        if (model == output)
        {
            throw new UsageException($"--out is the model's own folder '{outputPath}'; expected another one. Choose a new folder.");
        }

        options = options with { ParityPairs = Pairs(checkPaths), CalibrationPairs = Calibration(calibrationPaths, options) };
        context.WhenCancelled = $"{outputPath} is as it was before.";
        context.Note($"Exporting {modelPath} and comparing the scores with the trained model...");
        ExportManifest manifest = OnnxExporter.Export(model, output, options, context.Cancellation);
        context.Result(
            new JsonObject
            {
                ["parity_max_abs"] = manifest.ParityMaxAbs,
                ["relative_error"] = manifest.RelativeError,
                ["rank_correlation"] = manifest.RankCorrelation,
                ["accuracy_change"] = manifest.AccuracyChange,
                ["out"] = output,
                ["precision"] = manifest.Precision,
                ["bytes"] = manifest.Bytes,
            },
            string.Create(
                CultureInfo.InvariantCulture,
                $"Exported to {output}: {manifest.Precision}, {manifest.Bytes / 1e6:0.0} MB. Largest difference from the trained model on "
                + $"{manifest.ParityTexts} texts: {manifest.ParityMaxAbs:0.0e+0} (allowed: {manifest.ParityTolerance:0.0e+0}).{Order(manifest)}"));
        return ExitCode.Success;
    }

    private static List<PreferencePair>? Pairs(IReadOnlyList<string> paths)
    {
        if (paths.Count == 0)
        {
            return null;
        }

        List<PreferencePair> pairs = [.. PairInputs.Read(InputPaths.Files("--check", paths)).Where(PairInputs.IsUsable)];
        return pairs.Count > 0
            ? pairs
            : throw new WorkException($"{string.Join(", ", paths)}: no row is a labelled pair with the status ok; expected at least one to compare the two models on. Label them, or leave --check out.");
    }

    private static List<PreferencePair>? Calibration(IReadOnlyList<string> paths, OnnxExportOptions options)
    {
        string precision = options.Precision;
        if (paths.Count == 0)
        {
            return options.CalibrationGoal is null
                ? null
                : throw new UsageException("--calibration-goal says how exact --calibration is to be, and there is none. Give --calibration PAIRS.jsonl, or leave --calibration-goal out.");
        }

        if (precision is not ("int8" or "int4"))
        {
            throw new UsageException($"--calibration chooses roundings of int8 and int4; --precision is {precision}. Leave --calibration out.");
        }

        List<PreferencePair> pairs = PairInputs.Read(InputPaths.Files("--calibration", paths));
        return pairs.Count > 0 ? pairs : throw new WorkException($"{string.Join(", ", paths)}: there is no pair; expected at least one to choose roundings on.");
    }

    private static string Order(ExportManifest manifest)
    {
        string order = manifest.RankCorrelation is { } ranks ? string.Create(CultureInfo.InvariantCulture, $" Rank correlation {ranks:0.00000}.") : "";
        return order + (manifest.AccuracyChange is { } change ? string.Create(CultureInfo.InvariantCulture, $" Accuracy {100 * change:+0.00;-0.00;0.00} points.") : "");
    }
}
