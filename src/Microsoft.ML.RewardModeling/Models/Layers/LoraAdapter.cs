using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// A trainable low-rank change of a frozen matrix W <c>[out, in]</c>: y += scale B A dropout(x) with A <c>[r, in]</c>, B
/// <c>[out, r]</c>, which starts at nothing because B does.
/// </summary>
/// <param name="down">A.</param>
/// <param name="up">B.</param>
/// <param name="scale">alpha / r.</param>
/// <param name="dropout">Share of inputs that are left out while training.</param>
/// <param name="draw">Which inputs those are: the same draw leaves out the same, so that a recomputed layer repeats itself.</param>
/// <param name="index">Tells adapters apart in a draw.</param>
/// <remarks>Hu et al., "LoRA: low-rank adaptation of large language models", arXiv 2106.09685.</remarks>
internal sealed class LoraAdapter(Tensor down, Tensor up, double scale, double dropout, DropoutDraw draw, int index)
{
    /// <summary>What is added to the projection of x <c>[N, in]</c>.</summary>
    public Tensor Forward(Tensor x) => Dropped(x).matmul(down.t()).matmul(up.t()) * scale;

    /// <summary>scale B A, <c>[out, in]</c>: what is added to W so that the adapter is not needed any more.</summary>
    public Tensor Change() => up.matmul(down) * scale;

    private Tensor Dropped(Tensor x)
    {
        if (dropout == 0 || !draw.IsActive)
        {
            return x;
        }

        using Generator generator = new(draw.Seed(index), x.device);
        Tensor kept = empty(x.shape, x.dtype, x.device).bernoulli_(1 - dropout, generator);
        return x * kept.div_(1 - dropout);
    }
}
