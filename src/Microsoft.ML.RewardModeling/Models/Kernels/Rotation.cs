using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Kernels;

/// <summary>
/// The rotary embedding of all heads in one pass over memory: (x1, x2) becomes (x1 cos - x2 sin, x2 cos + x1 sin), with the
/// halves of a head as x1 and x2. Its gradient is the rotation back, in another.
/// </summary>
internal static unsafe class Rotation
{
    /// <summary>x <c>[N, heads, D]</c>; cosine and signed sine <c>[N, 1, D]</c>: the sine's first half is negative.</summary>
    public static Tensor Apply(Tensor x, Tensor cosine, Tensor sine)
        => CpuRows.Fits(x) && CpuRows.Fits(cosine) && CpuRows.Fits(sine) && x.shape[2] == cosine.shape[2] && x.shape[2] / 2 % Vector<float>.Count == 0
            ? Fused.Apply(x, cosine, sine)
            : Plain(x, cosine, sine);

    /// <summary>The same by torch's operations, for other devices and types: rolling by D/2 swaps the halves.</summary>
    public static Tensor Plain(Tensor x, Tensor cosine, Tensor sine) => addcmul(x * cosine, x.roll(x.shape[2] / 2, 2), sine, 1);

    /// <summary>Turns the heads of one row by its angle, or back.</summary>
    internal static void Turn(float* x, float* cosine, float* sine, float* result, int heads, int half, float direction)
    {
        for (int i = 0; i < half; i += Vector<float>.Count)
        {
            Vector<float> cos = Vector.Load(cosine + i), sin = Vector.Load(sine + half + i) * direction;
            for (int head = 0; head < heads; head++)
            {
                int at = (2 * half * head) + i;
                Vector<float> first = Vector.Load(x + at), second = Vector.Load(x + at + half);
                ((first * cos) - (second * sin)).Store(result + at);
                ((second * cos) + (first * sin)).Store(result + at + half);
            }
        }
    }

    private static Tensor Turn(Tensor x, Tensor cosine, Tensor sine, float direction)
    {
        Tensor result = empty_like(x);
        int rows = (int)x.shape[0], heads = (int)x.shape[1], dim = (int)x.shape[2], width = heads * dim;
        float* from = CpuRows.Pointer(x), cos = CpuRows.Pointer(cosine), sin = CpuRows.Pointer(sine), to = CpuRows.Pointer(result);
        CpuRows.Run(rows, width, (_, start, end) =>
        {
            for (nint row = start; row < end; row++)
            {
                Turn(from + (row * width), cos + (row * dim), sin + (row * dim), to + (row * width), heads, dim / 2, direction);
            }
        });
        return result;
    }

    private sealed class Fused : autograd.SingleTensorFunction<Fused>
    {
        public override string Name => nameof(Rotation);

        public static Tensor Apply(Tensor x, Tensor cosine, Tensor sine) => apply(x, cosine, sine);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            Tensor cosine = (Tensor)vars[1], sine = (Tensor)vars[2];
            ctx.save_for_backward([cosine, sine]);
            return Turn((Tensor)vars[0], cosine, sine, 1);
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using DisposeScope scope = NewDisposeScope();
            List<Tensor> saved = ctx.get_saved_variables();
            return KernelGradients.Return(ctx, [grad_output], Turn(grad_output.contiguous(), saved[0], saved[1], -1), null, null);
        }
    }
}
