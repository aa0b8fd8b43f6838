using Microsoft.ML.Runtime;

namespace Microsoft.ML.RewardModeling;

/// <summary>Hands every step to the caller's progress and about twenty of them, and every validation, to the ML.NET log.</summary>
internal sealed class TrainingLog(IChannel channel, IProgress<StepMetrics>? progress) : IProgress<StepMetrics>
{
    private const int Lines = 20;

    public void Report(StepMetrics value)
    {
        int every = Math.Max(1, value.TotalSteps / Lines);
        if (value.Step % every == 0 || value.Step == value.TotalSteps || value.ValidationAccuracy is not null)
        {
            channel.Info(MessageSensitivity.None, "{0}", Line(value));
        }

        progress?.Report(value);
    }

    internal static string Line(StepMetrics m)
    {
        string validation = m.ValidationAccuracy is { } accuracy ? FormattableString.Invariant($", validation accuracy {accuracy:0.000}") : string.Empty;
        return FormattableString.Invariant(
            $"step {m.Step}/{m.TotalSteps}: loss {m.Loss:0.0000}, accuracy {m.Accuracy:0.000}, {m.PairsPerSecond:0.0} pairs/s, {m.Remaining.TotalSeconds:0} s left{validation}");
    }
}
