namespace Microsoft.ML.RewardModeling.Training;

/// <summary>The best validation of a run so far; it follows from the steps alone, so a resumed run knows it too.</summary>
/// <param name="Step">The step it was measured after.</param>
/// <param name="Since">Validations after it, none of which was better.</param>
internal readonly record struct BestValidation(int Step, int Since)
{
    /// <summary>
    /// Finds it: the lowest loss on the held-out items, or, where they lack the numbers for a loss, the highest accuracy; of
    /// equal ones the first. Null before the first validation.
    /// </summary>
    public static BestValidation? Of(IEnumerable<StepMetrics> curve)
    {
        BestValidation? best = null;
        double bestValue = double.PositiveInfinity;
        foreach (StepMetrics step in curve)
        {
            double? value = step.ValidationLoss ?? -step.ValidationAccuracy;
            if (value is not { } found)
            {
                continue;
            }

            if (best is null || found < bestValue)
            {
                (best, bestValue) = (new BestValidation(step.Step, 0), found);
            }
            else
            {
                best = best.Value with { Since = best.Value.Since + 1 };
            }
        }

        return best;
    }
}
