using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// (w + offset) x / sqrt(mean(x^2) + eps) over the last dimension (Zhang and Sennrich, arXiv 1910.07467); the offset is 1 in
/// Gemma and 0 elsewhere.
/// </summary>
internal sealed class RmsNorm(Tensor weight, double epsilon, double offset = 0)
{
    public Tensor Forward(Tensor x)
        => x * (x.square().mean([-1L], keepdim: true) + epsilon).rsqrt() * (offset == 0 ? weight : weight + offset);
}
