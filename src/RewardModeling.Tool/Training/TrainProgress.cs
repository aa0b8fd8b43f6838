using System.Globalization;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Training;

/// <summary>Shows the steps of a training run as lines, where there is no terminal.</summary>
internal sealed class TrainProgress(IProgress<WorkProgress> display) : IProgress<StepMetrics>
{
    public void Report(StepMetrics value) => display.Report(new(value.Step, value.TotalSteps, "steps", Figures(value)));

    /// <summary>The figures of a step in one line.</summary>
    internal static string Figures(StepMetrics value)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        List<string> parts = [string.Create(culture, $"loss {value.Loss:0.000}")];
        if (value.Accuracy > 0 || value.RankLoss > 0)
        {
            parts.Add(string.Create(culture, $"accuracy {value.Accuracy:0.00}"));
        }

        if (value.ValidationAccuracy is { } accuracy)
        {
            parts.Add(string.Create(culture, $"validation {accuracy:0.000}"));
        }

        if (value.ValidationPerplexity is { } perplexity)
        {
            parts.Add(string.Create(culture, $"perplexity {perplexity:0.00}"));
        }

        parts.Add(value.RankLoss > 0 ? string.Create(culture, $"{value.PairsPerSecond:0.0} pairs/s") : string.Create(culture, $"{value.TokensPerSecond:0} tokens/s"));
        return string.Join(", ", parts);
    }
}
