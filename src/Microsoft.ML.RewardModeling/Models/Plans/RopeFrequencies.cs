namespace Microsoft.ML.RewardModeling.Models.Plans;

/// <summary>Angles per position of every turning pair of elements, in double precision.</summary>
internal static class RopeFrequencies
{
    /// <summary>The d / 2 frequencies of texts of one <see cref="RopePlan.LengthClass"/>.</summary>
    public static double[] Compute(RopePlan plan, int lengthClass)
    {
        double theta = plan.Kind == RopeKind.Dynamic && lengthClass > 0 ? DynamicTheta(plan, lengthClass) : plan.Theta;
        double[] frequencies = [.. Enumerable.Range(0, plan.Dim / 2).Select(i => Math.Pow(theta, -2.0 * i / plan.Dim))];
        return plan.Kind switch
        {
            RopeKind.Linear => [.. frequencies.Select(frequency => frequency / plan.Factor)],
            RopeKind.Llama3 => [.. frequencies.Select(frequency => Llama3(plan, frequency))],
            RopeKind.LongRope => [.. frequencies.Zip(lengthClass > 0 ? plan.LongFactors : plan.ShortFactors, (frequency, factor) => frequency / factor)],
            _ => frequencies,
        };
    }

    /// <summary>theta (f L / L0 - (f - 1))^(d / (d - 2)) for a text of L positions, L0 before stretching.</summary>
    private static double DynamicTheta(RopePlan plan, int length)
        => plan.Theta * Math.Pow((plan.Factor * length / plan.OriginalPositions) - (plan.Factor - 1), plan.Dim / (plan.Dim - 2.0));

    /// <summary>Wavelengths above L0 / low are divided by the factor, below L0 / high kept, and between them a share of both.</summary>
    private static double Llama3(RopePlan plan, double frequency)
    {
        double turns = plan.OriginalPositions * frequency / (2 * Math.PI);
        double share = (turns - plan.LowFrequencyFactor) / (plan.HighFrequencyFactor - plan.LowFrequencyFactor);
        return share <= 0 ? frequency / plan.Factor
            : share >= 1 ? frequency
            : ((1 - share) * frequency / plan.Factor) + (share * frequency);
    }
}
