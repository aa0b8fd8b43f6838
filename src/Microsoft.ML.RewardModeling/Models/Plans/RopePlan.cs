namespace Microsoft.ML.RewardModeling.Models.Plans;

/// <summary>A rotary position embedding: which frequencies turn the first <paramref name="Dim"/> elements of a head.</summary>
/// <param name="Dim">d: elements that turn; even, at most the head size.</param>
/// <param name="Theta">Base of the frequencies.</param>
internal sealed record RopePlan(int Dim, double Theta)
{
    public RopeKind Kind { get; init; }

    /// <summary>How much longer texts may become (linear, dynamic, llama3).</summary>
    public double Factor { get; init; } = 1;

    /// <summary>Positions before stretching: where dynamic and longrope switch, and the unit of llama3's wavelengths.</summary>
    public int OriginalPositions { get; init; }

    /// <summary>llama3: wavelengths above <see cref="OriginalPositions"/> / this are stretched.</summary>
    public double LowFrequencyFactor { get; init; } = 1;

    /// <summary>llama3: wavelengths below <see cref="OriginalPositions"/> / this are kept.</summary>
    public double HighFrequencyFactor { get; init; } = 1;

    /// <summary>longrope: d / 2 divisors for texts up to <see cref="OriginalPositions"/>.</summary>
    public IReadOnlyList<double> ShortFactors { get; init; } = [];

    /// <summary>longrope: d / 2 divisors for longer texts.</summary>
    public IReadOnlyList<double> LongFactors { get; init; } = [];

    /// <summary>What cosines and sines are multiplied by.</summary>
    public double Amplitude { get; init; } = 1;

    /// <summary>
    /// The length whose frequencies a text of <paramref name="length"/> positions gets: 0 for all texts that are no longer
    /// than <see cref="OriginalPositions"/> or whose length does not matter.
    /// </summary>
    /// <remarks>
    /// The reference takes the longest text of a batch. Here every text counts alone, as if it were the only one the model
    /// ever saw, so that a score does not depend on the company.
    /// </remarks>
    public int LengthClass(int length) => Kind switch
    {
        RopeKind.Dynamic when length > OriginalPositions => length,
        RopeKind.LongRope when length > OriginalPositions => OriginalPositions + 1,
        _ => 0,
    };
}
