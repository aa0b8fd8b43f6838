using Microsoft.ML.RewardModeling;

namespace Quickstart;

/// <summary>One line every few steps, on the thread that trains, so that lines stay in order.</summary>
internal sealed class TrainingProgress : IProgress<StepMetrics>
{
    private const int LinesPerRun = 8;

    public void Report(StepMetrics value)
    {
        int every = Math.Max(1, value.TotalSteps / LinesPerRun);
        if (value.Step % every == 0 || value.Step == value.TotalSteps)
        {
            Console.WriteLine($"      step {value.Step,3}/{value.TotalSteps}  loss {value.Loss:F4}  accuracy {value.Accuracy:P0}  {value.PairsPerSecond:F1} pairs/s  {value.Remaining:m\\:ss} left");
        }
    }
}
