namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>What transformers assumes for keys that a <c>config.json</c> leaves out.</summary>
internal sealed record FamilyDefaults
{
    /// <summary>Null: as many as query heads. A key that is there and null means that in every family.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Null: hidden size / heads.</summary>
    public int? HeadDim { get; init; }

    public int MaxPositions { get; init; } = 2048;

    public double NormEpsilon { get; init; } = 1e-6;

    public double RopeTheta { get; init; } = 10000;

    public bool TiedHead { get; init; }
}
