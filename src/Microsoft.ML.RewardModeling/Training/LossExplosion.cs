namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Tells a run that is diverging from one with a hard batch.</summary>
internal static class LossExplosion
{
    /// <summary>Steps whose mean is compared: a single bad batch is no divergence.</summary>
    public const int Window = 10;

    private const double Factor = 20;
    private const double Least = 10;

    /// <summary>Whether the mean loss of the last steps is above 10 and above 20 times that of the first steps.</summary>
    public static bool Shows(IReadOnlyList<StepMetrics> curve)
    {
        if (curve.Count < 2 * Window)
        {
            return false;
        }

        double now = curve.Skip(curve.Count - Window).Average(step => step.Loss);
        return now > Least && now > Factor * curve.Take(Window).Average(step => step.Loss);
    }
}
