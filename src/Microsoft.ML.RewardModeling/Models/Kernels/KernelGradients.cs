using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Kernels;

/// <summary>
/// Hands gradients back to torch and frees at once what a kernel's backward pass is done with. TorchSharp would keep it all
/// until the graph or the surrounding scope ends: every incoming and outgoing gradient and every saved activation of a step.
/// </summary>
internal static class KernelGradients
{
    [ThreadStatic]
    private static List<Tensor>? _returned;

    /// <summary>The result of a backward function. It can be called once per graph.</summary>
    /// <param name="context">The function's context, whose saved tensors are freed.</param>
    /// <param name="incoming">The gradients that came in; they are freed.</param>
    /// <param name="gradients">One for every argument of the forward function; null where there is none.</param>
    public static List<Tensor> Return(autograd.AutogradContext context, IEnumerable<Tensor> incoming, params Tensor?[] gradients)
    {
        context.Dispose();
        foreach (Tensor gradient in incoming)
        {
            gradient.Dispose();
        }

        // Torch takes its own references as soon as this call returns, so those of the last call on this thread are not needed any more.
        foreach (Tensor gradient in _returned ?? [])
        {
            gradient.Dispose();
        }

        _returned = [.. gradients.OfType<Tensor>().Select(gradient => gradient.DetachFromDisposeScope())];
        return [.. gradients.Select(gradient => gradient!)];
    }
}
