using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Kernels;

/// <summary>silu(g) u in one pass over memory, and its two gradients in another; torch needs two and six.</summary>
internal static unsafe class SwiGlu
{
    /// <summary>g and u of one shape.</summary>
    public static Tensor Apply(Tensor gate, Tensor up)
        => CpuRows.Fits(gate) && CpuRows.Fits(up) && gate.NumberOfElements % Vector<float>.Count == 0 ? Fused.Apply(gate, up) : Plain(gate, up);

    /// <summary>The same by torch's operations, for other devices and types.</summary>
    public static Tensor Plain(Tensor gate, Tensor up) => nn.functional.silu(gate) * up;

    internal static void Forward(float* gate, float* up, float* result, int from, int end)
    {
        for (int i = from; i < end; i += Vector<float>.Count)
        {
            Vector<float> g = Vector.Load(gate + i);
            (g * VectorMath.Sigmoid(g) * Vector.Load(up + i)).Store(result + i);
        }
    }

    /// <summary>With s = sigmoid(g): du = dy g s, dg = dy u s (1 + g (1 - s)).</summary>
    internal static void Backward(float* gate, float* up, float* slope, float* gateSlope, float* upSlope, int from, int end)
    {
        for (int i = from; i < end; i += Vector<float>.Count)
        {
            Vector<float> g = Vector.Load(gate + i), dy = Vector.Load(slope + i);
            Vector<float> s = VectorMath.Sigmoid(g), ys = dy * s;
            (ys * g).Store(upSlope + i);
            (ys * Vector.Load(up + i) * Vector.FusedMultiplyAdd(g, Vector<float>.One - s, Vector<float>.One)).Store(gateSlope + i);
        }
    }

    private sealed class Fused : autograd.SingleTensorFunction<Fused>
    {
        public override string Name => nameof(SwiGlu);

        public static Tensor Apply(Tensor gate, Tensor up) => apply(gate, up);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            Tensor gate = (Tensor)vars[0], up = (Tensor)vars[1], result = empty_like(gate);
            ctx.save_for_backward([gate, up]);
            float* g = CpuRows.Pointer(gate), u = CpuRows.Pointer(up), y = CpuRows.Pointer(result);
            int width = Vector<float>.Count;
            CpuRows.Run((int)(gate.NumberOfElements / width), width, (_, from, end) => Forward(g, u, y, from * width, end * width));
            return result;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using DisposeScope scope = NewDisposeScope();
            List<Tensor> saved = ctx.get_saved_variables();
            Tensor gate = saved[0], up = saved[1], slope = grad_output.contiguous();
            Tensor gateSlope = empty_like(gate), upSlope = empty_like(up);
            float* g = CpuRows.Pointer(gate), u = CpuRows.Pointer(up), dy = CpuRows.Pointer(slope);
            float* dg = CpuRows.Pointer(gateSlope), du = CpuRows.Pointer(upSlope);
            int width = Vector<float>.Count;
            CpuRows.Run((int)(gate.NumberOfElements / width), width, (_, from, end) => Backward(g, u, dy, dg, du, from * width, end * width));
            return KernelGradients.Return(ctx, [grad_output], gateSlope, upSlope);
        }
    }
}
