using System.Text.Json.Nodes;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Steps as JSON lines: one object a step, names in snake case, times in seconds.</summary>
internal static class MetricsFile
{
    /// <summary>One line without its line feed.</summary>
    public static string Line(StepMetrics step)
    {
        JsonObject line = new()
        {
            ["step"] = step.Step,
            ["total_steps"] = step.TotalSteps,
            ["epoch"] = step.Epoch,
            ["loss"] = step.Loss,
            ["rank_loss"] = step.RankLoss,
            ["center_loss"] = step.CenterLoss,
            ["sft_loss"] = step.SftLoss,
            ["kl_loss"] = step.KlLoss,
            ["accuracy"] = step.Accuracy,
            ["reward_margin"] = step.RewardMargin,
            ["learning_rate"] = step.LearningRate,
            ["gradient_norm"] = step.GradientNorm,
            ["pairs_per_second"] = step.PairsPerSecond,
            ["tokens_per_second"] = step.TokensPerSecond,
            ["memory_bytes"] = step.MemoryBytes,
            ["elapsed_seconds"] = step.Elapsed.TotalSeconds,
            ["remaining_seconds"] = step.Remaining.TotalSeconds,
        };
        if (step.ValidationAccuracy is { } accuracy)
        {
            line["validation_accuracy"] = accuracy;
        }

        if (step.ValidationLoss is { } loss)
        {
            line["validation_loss"] = loss;
        }

        if (step.ValidationPerplexity is { } perplexity)
        {
            line["validation_perplexity"] = perplexity;
        }

        return line.ToJsonString();
    }

    /// <summary>Reads what <see cref="Line"/> wrote.</summary>
    public static StepMetrics Parse(string line)
    {
        JsonObject json = JsonNode.Parse(line)!.AsObject();
        double Number(string name) => json[name]!.GetValue<double>();
        return new StepMetrics
        {
            Step = json["step"]!.GetValue<int>(),
            TotalSteps = json["total_steps"]!.GetValue<int>(),
            Epoch = Number("epoch"),
            Loss = Number("loss"),
            RankLoss = Number("rank_loss"),
            CenterLoss = Number("center_loss"),
            SftLoss = Number("sft_loss"),
            KlLoss = Number("kl_loss"),
            Accuracy = Number("accuracy"),
            RewardMargin = Number("reward_margin"),
            LearningRate = Number("learning_rate"),
            GradientNorm = Number("gradient_norm"),
            PairsPerSecond = Number("pairs_per_second"),
            TokensPerSecond = Number("tokens_per_second"),
            MemoryBytes = json["memory_bytes"]!.GetValue<long>(),
            Elapsed = TimeSpan.FromSeconds(Number("elapsed_seconds")),
            Remaining = TimeSpan.FromSeconds(Number("remaining_seconds")),
            ValidationAccuracy = json["validation_accuracy"]?.GetValue<double>(),
            ValidationLoss = json["validation_loss"]?.GetValue<double>(),
            ValidationPerplexity = json["validation_perplexity"]?.GetValue<double>(),
        };
    }

    /// <summary>Starts the file anew with the steps that a resumed run has already made.</summary>
    /// <exception cref="RewardModelingException">The file cannot be written.</exception>
    public static StreamWriter? Open(string? path, IEnumerable<StepMetrics> done)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            {
                Directory.CreateDirectory(folder);
            }

            StreamWriter writer = new(path, append: false) { NewLine = "\n", AutoFlush = true };
            foreach (StepMetrics step in done)
            {
                writer.WriteLine(Line(step));
            }

            return writer;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{path}: the metrics cannot be written ({error.Message}). Choose a folder that can be written.", error);
        }
    }
}
