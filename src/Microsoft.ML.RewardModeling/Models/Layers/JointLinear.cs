using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// Several projections of the same input, kept as the weights are stored: one <see cref="Linear"/> each, or a single one
/// whose result is split.
/// </summary>
/// <param name="parts">One projection per size, or one for all.</param>
/// <param name="sizes">Widths of the results.</param>
internal sealed class JointLinear(IReadOnlyList<Linear> parts, long[] sizes)
{
    /// <summary>Rows from which one product is worth a copy of the weights.</summary>
    private const int FewestRows = 128;

    /// <summary>x <c>[N, in]</c> to one <c>[N, size]</c> per size.</summary>
    public Tensor[] Forward(Tensor x)
        => parts.Count == sizes.Length ? [.. parts.Select(part => part.Forward(x))] : parts[0].Forward(x).split(sizes, -1);

    /// <summary>
    /// x <c>[N, in]</c> to all results side by side, <c>[N, sum of sizes]</c>, in one product: x is read once, and its gradient
    /// needs no sum. Null where the projections cannot be joined, the rows are too few, or there is no gradient to save on.
    /// </summary>
    public Tensor? Whole(Tensor x)
    {
        if (!is_grad_enabled() || x.shape[0] < FewestRows || parts.Any(part => part.Adapter is not null) || parts.Any(part => part.Bias is null) != parts.All(part => part.Bias is null))
        {
            return null;
        }

        return parts.Count == 1
            ? parts[0].Forward(x)
            : parts[0].Product(
                x, cat([.. parts.Select(part => part.Weight)], 0), parts[0].Bias is null ? null : cat([.. parts.Select(part => part.Bias!)], 0));
    }
}
