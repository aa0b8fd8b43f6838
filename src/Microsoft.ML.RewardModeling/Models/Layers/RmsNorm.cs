using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>w x / sqrt(mean(x^2) + eps) over the last dimension (Zhang and Sennrich, arXiv 1910.07467).</summary>
internal sealed class RmsNorm(Tensor weight, double epsilon)
{
    public Tensor Forward(Tensor x) => x * (x.square().mean([-1L], keepdim: true) + epsilon).rsqrt() * weight;
}
