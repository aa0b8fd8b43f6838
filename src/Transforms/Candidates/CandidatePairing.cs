namespace Microsoft.ML.RewardModeling;

/// <summary>Which pairs a ranked list of N answers becomes.</summary>
public enum CandidatePairing
{
    /// <summary>The best and the worst: 1 pair, the clearest.</summary>
    BestWorst,

    /// <summary>The best with each other: N - 1 pairs.</summary>
    BestRest,

    /// <summary>Each with the next: N - 1 pairs, the hardest.</summary>
    Adjacent,

    /// <summary>Each with each: N (N - 1) / 2 pairs.</summary>
    All,
}
