namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Linear warm-up, then half a cosine down to 0 (Loshchilov and Hutter, arXiv 1608.03983, without restarts).</summary>
internal static class LearningRateSchedule
{
    /// <summary>The learning rate of a step.</summary>
    /// <remarks>4 steps, half of them warm-up, peak 1: 0.5, 1, 1, 0.5.</remarks>
    /// <param name="step">The step, from 0.</param>
    /// <param name="totalSteps">Steps of the whole plan.</param>
    /// <param name="warmupRatio">Share of warm-up steps, 0 to 1.</param>
    /// <param name="peak">The largest rate.</param>
    public static double At(int step, int totalSteps, double warmupRatio, double peak)
    {
        int warmup = (int)Math.Ceiling(totalSteps * warmupRatio);
        return step < warmup
            ? peak * (step + 1) / warmup
            : peak * 0.5 * (1 + Math.Cos(Math.PI * (step - warmup) / Math.Max(1, totalSteps - warmup)));
    }
}
