using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Terminal;
using RewardModeling.Tool.Training;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel train</c>: a backbone becomes a reward model.</summary>
internal static class TrainCommand
{
    private const string Examples = """
        rewardmodel train --pairs pairs.jsonl --backbone data/models/rm-nano-base --out model
        rewardmodel train --pairs pairs.jsonl --backbone models/SmolLM2-135M --out model --objective bradley-terry --epochs 2 --learning-rate 1e-5
        rewardmodel train --pairs pairs.jsonl --backbone models/SmolLM2-135M --out model --sft-weight 1 --kl-weight 1 --resume
        """;

    private static readonly Dictionary<string, RewardObjective> Objectives = new()
    {
        ["margin-regression"] = RewardObjective.MarginRegression,
        ["bradley-terry"] = RewardObjective.BradleyTerry,
        ["bt-margin"] = RewardObjective.BradleyTerryMargin,
        ["soft-label"] = RewardObjective.SoftLabel,
        ["pointwise"] = RewardObjective.Pointwise,
    };

    private static readonly RewardModelTrainerOptions Standard = new() { Backbone = "" };

    public static ToolCommand Create()
    {
        Option<string[]> pairs = Options.RequiredFiles("--pairs", "PAIRS.jsonl", "Labelled pairs, as distill writes them; one or more files.");
        Option<string> backbone = Options.RequiredPath("--backbone", "DIR", "Hugging Face folder: config.json, model.safetensors, tokenizer.json.");
        Option<string> output = Options.RequiredPath("--out", "MODEL/", "Folder of the trained model.");
        Option<string> objective = Options.Choice(
            "--objective", "What the reward learns", "margin-regression", [.. Objectives.Keys]);
        Option<float> sft = Options.Number("--sft-weight", "X", "Weight of the likelihood of the teacher's answer.", Standard.GenerativeWeight, 0f, 1000f);
        Option<float> kl = Options.Number(
            "--kl-weight", "X", "Weight of the divergence from the frozen backbone on the teacher's answer.", Standard.GenerativeWeight, 0f, 1000f);
        Option<int> epochs = Options.Number("--epochs", "N", "Passes over the pairs.", Standard.Epochs, 1, 10_000);
        Option<int> batch = Options.Number("--batch-size", "N", "Pairs in one optimizer step.", Standard.BatchSize, 1, 65_536);
        Option<double> rate = Options.Number("--learning-rate", "X", "Highest learning rate.", Standard.LearningRate, 1e-12, 1.0);
        Option<int?> length = Options.OptionalNumber("--max-length", "N", "Longest sequence in tokens; longer prompts lose their oldest part. By default the backbone's own.", 8, 1 << 20);
        Option<int> seed = Options.Number("--seed", "N", "Everything random comes from it.", Standard.Seed, 0, int.MaxValue);
        Option<bool> resume = new("--resume") { Description = "Go on from the checkpoint in --out." };
        Option<int?> steps = Options.OptionalNumber("--max-steps", "N", "Stop after this many optimizer steps.", 1, int.MaxValue);
        Option<string?> validation = Options.Path("--validation", "FILE", "Pairs to measure on; without it a tenth of the prompts is held out.");
        Command command = new("train", "Train a reward model on labelled pairs.")
        {
            pairs, backbone, output, objective, sft, kl, epochs, batch, rate, length, seed, resume, steps, validation,
        };
        return new(command, Examples, (parsed, context) => Run(
            new Arguments(
                parsed.GetRequiredValue(pairs),
                parsed.GetRequiredValue(backbone),
                parsed.GetRequiredValue(output),
                parsed.GetRequiredValue(objective),
                parsed.GetValue(sft),
                parsed.GetValue(kl),
                parsed.GetValue(epochs),
                parsed.GetValue(batch),
                parsed.GetValue(rate),
                parsed.GetValue(length),
                parsed.GetValue(seed),
                parsed.GetValue(resume),
                parsed.GetValue(steps),
                parsed.GetValue(validation)),
            context));
    }

    private static int Run(Arguments arguments, ToolContext context)
    {
        string backbone = InputPaths.Folder("--backbone", arguments.Backbone);
        IReadOnlyList<string> files = InputPaths.Files("--pairs", arguments.Pairs);
        string? validation = arguments.Validation is null ? null : InputPaths.File("--validation", arguments.Validation);
        string output = TrainingFolder.Prepare(arguments.Output, backbone, arguments.Resume, context);
        MLContext ml = context.CreateMLContext(arguments.Seed);
        IDataView pairs = ml.RewardModeling.LoadPairs(PairInputs.Read(files));
        IDataView? held = validation is null ? null : ml.RewardModeling.LoadPairs(PairInputs.Read([validation]));
        context.WhenCancelled = $"What was trained so far is kept in {arguments.Output}: run the same command with --resume to go on from there.";
        TrainingSummary summary = context.WithProgress("train", progress =>
        {
            RewardModelTrainerOptions options = ToOptions(arguments, backbone, output, held, new TrainProgress(progress), context.Cancellation);
            using RewardModelTransformer model = ml.RewardModeling.Trainers.RewardModel(options).Fit(pairs);
            return model.Training!;
        });
        context.Result(ToJson(summary, output), ToText(summary, output));
        return ExitCode.Success;
    }

    private static RewardModelTrainerOptions ToOptions(
        Arguments arguments, string backbone, string output, IDataView? validation, IProgress<StepMetrics> progress, CancellationToken cancellation) => new()
        {
            Backbone = backbone,
            Objective = Objectives[arguments.Objective],
            SftWeight = arguments.SftWeight,
            KlWeight = arguments.KlWeight,
            Epochs = arguments.Epochs,
            BatchSize = arguments.BatchSize,
            LearningRate = arguments.LearningRate,
            MaxLength = arguments.MaxLength,
            MaxSteps = arguments.MaxSteps,
            Seed = arguments.Seed,
            ValidationData = validation,
            OutputDirectory = output,
            Resume = arguments.Resume,
            Progress = progress,
            CancellationToken = cancellation,
        };

    // Accuracy on pairs it was not trained on, where there are any.
    private static double Accuracy(TrainingSummary summary) => summary.ValidationAccuracy ?? summary.TrainingAccuracy;

    private static JsonObject ToJson(TrainingSummary summary, string output) => new()
    {
        ["steps"] = summary.Steps,
        ["pairs"] = summary.Pairs,
        ["loss"] = summary.Loss,
        ["accuracy"] = Accuracy(summary),
        ["validation_pairs"] = summary.ValidationPairs,
        ["truncated_pairs"] = summary.TruncatedPairs,
        ["pairs_per_second"] = summary.PairsPerSecond,
        ["peak_memory_bytes"] = summary.PeakMemoryBytes,
        ["seconds"] = summary.Elapsed.TotalSeconds,
        ["out"] = output,
    };

    private static string ToText(TrainingSummary summary, string output)
    {
        string measured = summary.ValidationAccuracy is null ? "of the training pairs, before each was trained on" : $"on {summary.ValidationPairs} held-out pairs";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Trained {summary.Steps} steps on {summary.Pairs} pairs in {Durations.Short(summary.Elapsed)} ({summary.PairsPerSecond:0.0} pairs/s, "
            + $"{summary.PeakMemoryBytes / 1e9:0.00} GB at most): loss {summary.Loss:0.0000}, accuracy {Accuracy(summary):0.000} {measured}. Model: {output}");
    }

    internal sealed record Arguments(
        IReadOnlyList<string> Pairs,
        string Backbone,
        string Output,
        string Objective,
        float SftWeight,
        float KlWeight,
        int Epochs,
        int BatchSize,
        double LearningRate,
        int? MaxLength,
        int Seed,
        bool Resume,
        int? MaxSteps,
        string? Validation);
}
