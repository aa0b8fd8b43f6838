namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>When it pays to compute a common prefix once.</summary>
/// <remarks>
/// Sharing saves whole tokens and costs a further segment in the attention of every layer. What that costs does not depend on
/// the width of the layers, so it is stated in the operations that their products make in the same time. They are constants and no
/// calibration at start, because a decision by a clock could differ after a resume, and with it the last bits of the weights.
/// </remarks>
internal static class PrefixCost
{
    /// <summary>A further segment in one layer where one kernel computes all segments: half-filled tiles, and gradients that are added up.</summary>
    /// <remarks><c>bench/TrainingSpeed parts</c> on one thread of a Zen 3 EPYC: 17, 13 and 28 million at widths 256, 384 and 768.</remarks>
    public const double KernelSegmentOperations = 17e6;

    /// <summary>A further attention call in one layer, with a mask or empty queries and keys and values copied together.</summary>
    /// <remarks>An estimate from profiles of whole steps: soft-capped and windowed attention and GPUs have no kernel of their own to measure apart.</remarks>
    public const double CallSegmentOperations = 140e6;

    /// <summary>Tokens that a shared prefix must save in all.</summary>
    /// <param name="layerParameters">Parameters of one layer: a token takes six operations for each, forward and backward.</param>
    /// <param name="segmentOperations">What a segment costs.</param>
    public static long SmallestSaving(long layerParameters, double segmentOperations)
        => (long)Math.Ceiling(segmentOperations / (6.0 * layerParameters));
}
