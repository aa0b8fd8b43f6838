namespace Microsoft.ML.RewardModeling;

/// <summary>Options of <see cref="RewardModelingCatalog.ExpandPairs"/>.</summary>
public sealed record ExpandPairsOptions
{
    /// <summary>Which pairs are made. Default <see cref="CandidatePairing.BestWorst"/>.</summary>
    public CandidatePairing Pairing { get; init; } = CandidatePairing.BestWorst;

    /// <summary>Smallest difference of the two scores, 0-9; nearer pairs, and equal scores, are left out. Default 0.5.</summary>
    public float MinimumMargin { get; init; } = 0.5f;

    internal void Validate()
    {
        OptionErrors errors = new(nameof(ExpandPairsOptions));
        errors.Check(Enum.IsDefined(Pairing), nameof(Pairing), Pairing, "BestWorst, BestRest, Adjacent or All");
        errors.Check(MinimumMargin is >= 0 and <= 9, nameof(MinimumMargin), MinimumMargin, "0-9");
        errors.ThrowIfAny();
    }
}
