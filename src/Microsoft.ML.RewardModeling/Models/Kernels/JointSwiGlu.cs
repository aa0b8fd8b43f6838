using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Kernels;

/// <summary><see cref="SwiGlu"/> of gate and up side by side, as one product leaves them; so is the gradient, ready for the next product.</summary>
internal static unsafe class JointSwiGlu
{
    /// <summary>Whether the product of this input can be taken.</summary>
    public static bool Fits(Tensor x) => x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU;

    /// <summary><c>[N, 2 I]</c> to <c>[N, I]</c>.</summary>
    public static Tensor Apply(Tensor gateUp)
    {
        long inner = gateUp.shape[1] / 2;
        return CpuRows.Fits(gateUp) && inner % Vector<float>.Count == 0
            ? Fused.Apply(gateUp)
            : SwiGlu.Plain(gateUp.narrow(1, 0, inner), gateUp.narrow(1, inner, inner));
    }

    private sealed class Fused : autograd.SingleTensorFunction<Fused>
    {
        public override string Name => nameof(JointSwiGlu);

        public static Tensor Apply(Tensor gateUp) => apply(gateUp);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            Tensor gateUp = (Tensor)vars[0];
            int rows = (int)gateUp.shape[0], inner = (int)gateUp.shape[1] / 2;
            Tensor result = empty(rows, inner);
            ctx.save_for_backward([gateUp]);
            float* from = CpuRows.Pointer(gateUp), to = CpuRows.Pointer(result);
            CpuRows.Run(rows, inner, (_, start, end) =>
            {
                for (nint row = start; row < end; row++)
                {
                    float* gate = from + (row * 2 * inner);
                    SwiGlu.Forward(gate, gate + inner, to + (row * inner), 0, inner);
                }
            });
            return result;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor gateUp = ctx.get_saved_variables()[0], slope = grad_output.contiguous(), result = empty_like(gateUp);
            int rows = (int)gateUp.shape[0], inner = (int)gateUp.shape[1] / 2;
            float* from = CpuRows.Pointer(gateUp), dy = CpuRows.Pointer(slope), to = CpuRows.Pointer(result);
            CpuRows.Run(rows, inner, (_, start, end) =>
            {
                for (nint row = start; row < end; row++)
                {
                    nint at = row * 2 * inner;
                    SwiGlu.Backward(from + at, from + at + inner, dy + (row * inner), to + at, to + at + inner, 0, inner);
                }
            });
            return KernelGradients.Return(ctx, [grad_output], result);
        }
    }
}
