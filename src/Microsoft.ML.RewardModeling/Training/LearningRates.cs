namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Learning rates as pure functions of the step.</summary>
internal static class LearningRates
{
    /// <summary>The learning rate of a step: a linear rise, then the schedule's own course.</summary>
    /// <remarks>
    /// 4 steps, half of them warm-up, peak 1: cosine 0.5, 1, 1, 0.5; linear 0.5, 1, 1, 0.5; constant 0.5, 1, 1, 1. Warm-up,
    /// stable, decay over 4 steps without warm-up and half of them decay: 1, 1, 1, 0.5.
    /// </remarks>
    /// <param name="schedule">The course after warm-up.</param>
    /// <param name="step">The step, from 0.</param>
    /// <param name="totalSteps">Steps of the whole plan.</param>
    /// <param name="warmupRatio">Share of warm-up steps, 0 to 1.</param>
    /// <param name="decayRatio">Share of steps in which <see cref="LearningRateSchedule.WarmupStableDecay"/> falls, 0 to 1.</param>
    /// <param name="peak">The largest rate.</param>
    public static double At(LearningRateSchedule schedule, int step, int totalSteps, double warmupRatio, double decayRatio, double peak)
    {
        int warmup = (int)Math.Ceiling(totalSteps * warmupRatio);
        if (step < warmup)
        {
            return peak * (step + 1) / warmup;
        }

        double passed = (double)(step - warmup) / Math.Max(1, totalSteps - warmup);
        int decay = Math.Min(totalSteps - warmup, (int)Math.Ceiling(totalSteps * decayRatio));
        return peak * schedule switch
        {
            LearningRateSchedule.Cosine => 0.5 * (1 + Math.Cos(Math.PI * passed)),
            LearningRateSchedule.Linear => 1 - passed,
            LearningRateSchedule.Constant => 1,
            LearningRateSchedule.WarmupStableDecay => decay == 0 ? 1 : Math.Min(1, (double)(totalSteps - step) / decay),
            _ => throw new ArgumentOutOfRangeException(nameof(schedule), schedule, "Unknown schedule."),
        };
    }
}
