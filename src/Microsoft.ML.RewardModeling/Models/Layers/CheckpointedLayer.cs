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
        return angles is null
            ? apply(input, new Func<Tensor, IReadOnlyList<Tensor>, Tensor>((state, _) => layer.Forward(state, null, rows)))
            : apply(
                input,
                new Func<Tensor, IReadOnlyList<Tensor>, Tensor>((state, turn) => layer.Forward(state, angles with { Cosine = turn[0], Sine = turn[1] }, rows)),
                angles.Cosine,
                angles.Sine);
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor x = (Tensor)vars[0];
        Tensor[] angles = [.. vars.Skip(2).Cast<Tensor>()];

        // Angles are saved like the input, because their own handles are gone when the gradient is wanted.
        ctx.save_for_backward([x, .. angles]);
        ctx.save_data("layer", vars[1]);
        ctx.save_data("inputs", vars.Length);
        // Without a scope of its own, passing values whose handles nobody disposes would live as long as the step.
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = no_grad();
        return ((Func<Tensor, IReadOnlyList<Tensor>, Tensor>)vars[1])(x, angles).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = enable_grad();
        List<Tensor> saved = ctx.get_saved_variables();
        Tensor x = saved[0].detach().requires_grad_(true);
        ((Func<Tensor, IReadOnlyList<Tensor>, Tensor>)ctx.get_data("layer"))(x, saved.Skip(1).ToArray()).backward([grad_output]);
        return [x.grad!.MoveToOuterDisposeScope(), .. Enumerable.Repeat<Tensor>(null!, (int)ctx.get_data("inputs") - 1)];
    }
}
