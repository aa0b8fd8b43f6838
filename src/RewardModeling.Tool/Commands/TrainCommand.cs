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

/// <summary><c>rewardmodel train</c>: a backbone becomes a reward model, or a better language model.</summary>
internal static class TrainCommand
{
    private const string Examples = """
        rewardmodel train --pairs pairs.jsonl --backbone data/models/rm-nano-base --out model
        rewardmodel train --pairs pairs.jsonl --backbone models/SmolLM2-135M --out model --objective bradley-terry --epochs 2 --learning-rate 1e-5
        rewardmodel train --pairs pairs.jsonl --backbone models/SmolLM2-135M --out model --sft-weight 1 --kl-weight 1 --resume
        rewardmodel train --pairs lists.jsonl --backbone models/SmolLM2-135M --out model --objective plackett-luce --lora-rank 16
        rewardmodel train --texts texts.jsonl --backbone data/models/rm-nano-base --out language --objective causal-lm
        """;

    public static ToolCommand Create()
    {
        TrainOptions options = new();
        Command command = new("train", "Train a reward model on labelled pairs or scored lists, or a language model on texts.");
        foreach (Option option in options.All)
        {
            command.Options.Add(option);
        }

        return new(command, Examples, (parsed, context) => Run(options, parsed, context));
    }

    private static int Run(TrainOptions options, ParseResult parsed, ToolContext context)
    {
        bool isLanguageModel = parsed.GetRequiredValue(options.Objective) == TrainOptions.CausalLanguageModel;
        IReadOnlyList<string> files = DataFiles(parsed.GetRequiredValue(options.Pairs), parsed.GetRequiredValue(options.Texts), isLanguageModel);
        options.RequireMeaning(parsed);
        RewardModelTrainerOptions given = options.ToTrainer(parsed);
        string backbone = InputPaths.Folder("--backbone", given.Backbone);
        string? validation = parsed.GetValue(options.Validation) is { } held ? InputPaths.File("--validation", held) : null;
        string path = parsed.GetRequiredValue(options.Output);
        string output = TrainingFolder.Prepare(path, backbone, given.Resume, context);
        context.WhenCancelled = $"What was trained so far is kept in {path}: run the same command with --resume to go on from there.";
        given = given with
        {
            Backbone = backbone,
            TeacherBackbone = given.TeacherBackbone is { } teacher ? InputPaths.Folder("--teacher-backbone", teacher) : null,
            TeacherLogits = given.TeacherLogits is { } logits ? InputPaths.File("--teacher-logits", logits) : null,
            OutputDirectory = output,
            CancellationToken = context.Cancellation,
        };
        MLContext ml = context.CreateMLContext(given.Seed);
        TrainingSummary summary = isLanguageModel
            ? context.WithTraining(progress => ml.RewardModeling.Trainers.LanguageModel(
                TextInputs.Read(files), given with { Progress = progress }, validation is null ? null : TextInputs.Read([validation])))
            : TrainRewards(ml, files, validation, given, context);
        context.Result(ToJson(summary, output), isLanguageModel ? ToLanguageText(summary, output) : ToText(summary, output));
        return ExitCode.Success;
    }

    private static TrainingSummary TrainRewards(MLContext ml, IReadOnlyList<string> files, string? validation, RewardModelTrainerOptions options, ToolContext context)
    {
        bool takesLists = options.Objective == RewardObjective.PlackettLuce;
        IDataView pairs = ListInputs.Load(ml, files, takesLists);
        IDataView? held = validation is null ? null : ListInputs.Load(ml, [validation], takesLists);
        return context.WithTraining(progress =>
        {
            using RewardModelTransformer model = ml.RewardModeling.Trainers.RewardModel(options with { Progress = progress, ValidationData = held }).Fit(pairs);
            return model.Training!;
        });
    }

    private static IReadOnlyList<string> DataFiles(string[] pairs, string[] texts, bool isLanguageModel)
    {
        (string wanted, string[] given, string other, string[] unwanted) = isLanguageModel ? ("--texts", texts, "--pairs", pairs) : ("--pairs", pairs, "--texts", texts);
        string objective = isLanguageModel ? $"The objective {TrainOptions.CausalLanguageModel}" : "This objective";
        return unwanted.Length > 0 ? throw new UsageException($"{objective} learns from {wanted}, but {other} is given. Leave {other} out, or choose another --objective.")
            : given.Length == 0 ? throw new UsageException($"{objective} learns from {wanted}, which is missing. Add it.")
            : InputPaths.Files(wanted, given);
    }

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
        ["perplexity_before"] = summary.PerplexityBefore,
        ["perplexity_after"] = summary.PerplexityAfter,
        ["best_step"] = summary.BestStep,
        ["stopped_early"] = summary.StoppedEarly,
        ["pairs_per_second"] = summary.PairsPerSecond,
        ["peak_memory_bytes"] = summary.PeakMemoryBytes,
        ["estimated_memory_bytes"] = summary.EstimatedMemoryBytes,
        ["seconds"] = summary.Elapsed.TotalSeconds,
        ["out"] = output,
    };

    private static string ToText(TrainingSummary summary, string output)
    {
        string measured = summary.ValidationAccuracy is null ? "of the training pairs, before each was trained on" : $"on {summary.ValidationPairs} held-out pairs";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Trained {summary.Steps} steps on {summary.Pairs} pairs in {Durations.Short(summary.Elapsed)} ({summary.PairsPerSecond:0.0} pairs/s, "
            + $"{summary.PeakMemoryBytes / 1e9:0.00} GB at most): loss {summary.Loss:0.0000}, accuracy {Accuracy(summary):0.000} {measured}{Perplexity(summary, "held-out teacher answers")}. Model: {output}");
    }

    private static string ToLanguageText(TrainingSummary summary, string output) => string.Create(
        CultureInfo.InvariantCulture,
        $"Trained {summary.Steps} steps on {summary.Pairs} blocks of text in {Durations.Short(summary.Elapsed)} "
        + $"({summary.PeakMemoryBytes / 1e9:0.00} GB at most): loss {summary.Loss:0.0000}{Perplexity(summary, "held-out texts")}. Language model: {output}");

    // A run that learns to predict text and has none to be measured on says so: its figures would look whole without.
    private static string Perplexity(TrainingSummary summary, string what) => summary switch
    {
        { PerplexityBefore: { } before, PerplexityAfter: { } after } => string.Create(CultureInfo.InvariantCulture, $", perplexity of {what} {before:0.00} before and {after:0.00} after"),
        { SftLoss: > 0 } or { KlLoss: > 0 } => $", perplexity not measured: there are no {what}",
        _ => "",
    };
}
