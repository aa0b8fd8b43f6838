namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>When it pays to compute a common prefix once.</summary>
/// <remarks>
/// Sharing saves the arithmetic of tokens and costs a further attention call, whose work outside matrix products does not
/// depend on the model much. The ratio is an estimate (<c>bench/TrainingSpeed parts</c> is there to measure it) and a constant: a decision by a clock
/// could differ after a resume, and with it the last bits of the weights.
/// </remarks>
internal static class PrefixCost
{
    /// <summary>What a further attention call costs in one layer, in the operations that a processor makes in the same time.</summary>
    public const double SegmentOperations = 60e6;

    /// <summary>Tokens that a shared prefix must save in all.</summary>
    /// <param name="layerParameters">Parameters of one layer: a token takes six operations for each, forward and backward.</param>
    /// <param name="segmentOperations">What a segment costs.</param>
    public static long SmallestSaving(long layerParameters, double segmentOperations = SegmentOperations)
        => (long)Math.Ceiling(segmentOperations / (6.0 * layerParameters));
}
