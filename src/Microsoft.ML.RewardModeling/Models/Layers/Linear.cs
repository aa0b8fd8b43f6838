using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>y = x W^T + b, with W <c>[out, in]</c> and an optional b <c>[out]</c>. The parameters belong to the caller.</summary>
/// <param name="weight">W.</param>
/// <param name="bias">b.</param>
/// <param name="precision">What the product is computed in; null for the parameters' own type.</param>
internal sealed class Linear(Tensor weight, Tensor? bias, MatrixPrecision? precision = null)
{
    /// <summary>W.</summary>
    public Tensor Weight { get; } = weight;

    /// <summary>b.</summary>
    public Tensor? Bias { get; } = bias;

    /// <summary>A low-rank change that is trained in place of W; null for none.</summary>
    public LoraAdapter? Adapter { get; set; }

    public Tensor Forward(Tensor x)
    {
        Tensor y = Product(x, Weight, Bias);
        return Adapter is { } adapter ? y + adapter.Forward(x) : y;
    }

    /// <summary>x W^T + b in the wanted precision; the result has the parameters' own type.</summary>
    public Tensor Product(Tensor x, Tensor weight, Tensor? bias)
    {
        if (precision?.Value is not ComputePrecision.BFloat16)
        {
            return nn.functional.linear(x, weight, bias);
        }

        // The copies are part of the graph, so gradients arrive in the parameters' own type.
        return nn.functional.linear(Cast(x), Cast(weight), bias is null ? null : Cast(bias)).to(weight.dtype);
    }

    private static Tensor Cast(Tensor x) => x.dtype == ScalarType.BFloat16 ? x : x.to(ScalarType.BFloat16);
}
