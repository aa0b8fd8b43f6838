using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>y = x W^T + b, with W <c>[out, in]</c> and an optional b <c>[out]</c>. The parameters belong to the caller.</summary>
internal sealed class Linear(Tensor weight, Tensor? bias)
{
    /// <summary>W.</summary>
    public Tensor Weight { get; } = weight;

    /// <summary>A low-rank change that is trained in place of W; null for none.</summary>
    public LoraAdapter? Adapter { get; set; }

    public Tensor Forward(Tensor x)
    {
        Tensor y = nn.functional.linear(x, Weight, bias);
        return Adapter is { } adapter ? y + adapter.Forward(x) : y;
    }
}
