using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>y = x W^T + b, with W <c>[out, in]</c> and an optional b <c>[out]</c>. The parameters belong to the caller.</summary>
internal sealed class Linear(Tensor weight, Tensor? bias)
{
    public Tensor Forward(Tensor x) => nn.functional.linear(x, weight, bias);
}
