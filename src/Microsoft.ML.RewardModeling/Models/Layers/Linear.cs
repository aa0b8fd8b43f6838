using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>y = x W^T + b, with W <c>[out, in]</c> and an optional b <c>[out]</c>. The parameters belong to the caller.</summary>
/// <param name="weight">W.</param>
/// <param name="bias">b.</param>
/// <param name="precision">What the product is computed in; null for the parameters' own type.</param>
internal sealed class Linear(Tensor weight, Tensor? bias, MatrixPrecision? precision = null)
{
    public Tensor Forward(Tensor x)
    {
        if (precision?.Value is not ComputePrecision.BFloat16)
        {
            return nn.functional.linear(x, weight, bias);
        }

        // The copies are part of the graph, so gradients arrive in the parameters' own type.
        return nn.functional.linear(Cast(x), Cast(weight), bias is null ? null : Cast(bias)).to(weight.dtype);
    }

    /// <summary>The input as the product takes it, so that several projections of one input share the rounding.</summary>
    public Tensor Prepare(Tensor x) => precision?.Value is ComputePrecision.BFloat16 ? Cast(x) : x;

    private static Tensor Cast(Tensor x) => x.dtype == ScalarType.BFloat16 ? x : x.to(ScalarType.BFloat16);
}
