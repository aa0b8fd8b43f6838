using System.Globalization;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Training;

/// <summary>Shows the steps of a training run.</summary>
internal sealed class TrainProgress(IProgress<WorkProgress> display) : IProgress<StepMetrics>
{
    public void Report(StepMetrics value)
    {
        string validation = value.ValidationAccuracy is { } accuracy
            ? string.Create(CultureInfo.InvariantCulture, $", validation {accuracy:0.000}")
            : "";
        display.Report(new(value.Step, value.TotalSteps, "steps", string.Create(
            CultureInfo.InvariantCulture, $"loss {value.Loss:0.000}, accuracy {value.Accuracy:0.00}{validation}, {value.PairsPerSecond:0.0} pairs/s")));
    }
}
