using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// A layer that keeps its input alone and computes itself again when its gradient is wanted: memory of one layer instead of
/// all, for one more forward pass (Chen et al., "Training deep nets with sublinear memory cost", arXiv 1604.06174).
/// </summary>
internal sealed class CheckpointedLayer : autograd.SingleTensorFunction<CheckpointedLayer>
{
    public override string Name => nameof(CheckpointedLayer);

    /// <summary>x <c>[N, H]</c> to <c>[N, H]</c>, as <see cref="DecoderLayer.Forward"/> without what it keeps.</summary>
    public static Tensor Forward(DecoderLayer layer, Tensor x, RotaryTable.Angles? angles, RaggedRows rows)
    {
        // With frozen embeddings nothing before the first layer has a gradient, and torch would not call back.
        Tensor input = x.requires_grad ? x : x.detach().requires_grad_(true);
        return apply(input, new Func<Tensor, Tensor>(state => layer.Forward(state, angles, rows)));
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor x = (Tensor)vars[0];
        ctx.save_for_backward([x]);
        ctx.save_data("layer", vars[1]);
        using IDisposable gradients = no_grad();
        return ((Func<Tensor, Tensor>)vars[1])(x);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = enable_grad();
        Tensor x = ctx.get_saved_variables()[0].detach().requires_grad_(true);
        ((Func<Tensor, Tensor>)ctx.get_data("layer"))(x).backward([grad_output]);
        return [x.grad!.MoveToOuterDisposeScope(), null!];
    }
}
