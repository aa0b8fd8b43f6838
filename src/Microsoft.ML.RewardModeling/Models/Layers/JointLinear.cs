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
    /// <summary>x <c>[N, in]</c> to one <c>[N, size]</c> per size.</summary>
    public Tensor[] Forward(Tensor x)
        => parts.Count == sizes.Length ? [.. parts.Select(part => part.Forward(x))] : parts[0].Forward(x).split(sizes, -1);
}
