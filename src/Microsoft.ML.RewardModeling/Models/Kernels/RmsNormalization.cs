using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Kernels;

/// <summary>
/// w x / sqrt(mean(x^2) + eps) over the last dimension in one pass over memory, and its gradients in another; torch needs
/// five and about ten.
/// </summary>
internal static unsafe class RmsNormalization
{
    /// <summary>x <c>[..., H]</c>, w <c>[H]</c>.</summary>
    public static Tensor Apply(Tensor x, Tensor weight, double epsilon)
        => CpuRows.Fits(x) && CpuRows.Fits(weight) && weight.NumberOfElements % Vector<float>.Count == 0
            ? Fused.Apply(x, weight, epsilon)
            : Plain(x, weight, epsilon);

    /// <summary>The same by torch's operations, for other devices and types.</summary>
    public static Tensor Plain(Tensor x, Tensor weight, double epsilon)
        => x * (x.square().mean([-1L], keepdim: true) + epsilon).rsqrt() * weight;

    private static float Inverse(float* x, int width, float epsilon)
    {
        Vector<float> squares = Vector<float>.Zero;
        for (int i = 0; i < width; i += Vector<float>.Count)
        {
            Vector<float> v = Vector.Load(x + i);
            squares = Vector.FusedMultiplyAdd(v, v, squares);
        }

        return 1 / MathF.Sqrt((Vector.Sum(squares) / width) + epsilon);
    }

    private static void Forward(float* x, float* weight, float* result, int width, float epsilon)
    {
        Vector<float> inverse = new(Inverse(x, width, epsilon));
        for (int i = 0; i < width; i += Vector<float>.Count)
        {
            (Vector.Load(x + i) * inverse * Vector.Load(weight + i)).Store(result + i);
        }
    }

    /// <summary>With r = 1 / rms(x): dx = r (w dy - x r^2 mean(w dy x)), dw += dy x r.</summary>
    private static void Backward(float* x, float* weight, float* slope, float* result, float* weightSlope, int width, float epsilon)
    {
        Vector<float> squares = Vector<float>.Zero, products = Vector<float>.Zero;
        for (int i = 0; i < width; i += Vector<float>.Count)
        {
            Vector<float> v = Vector.Load(x + i);
            squares = Vector.FusedMultiplyAdd(v, v, squares);
            products = Vector.FusedMultiplyAdd(v, Vector.Load(weight + i) * Vector.Load(slope + i), products);
        }

        float r = 1 / MathF.Sqrt((Vector.Sum(squares) / width) + epsilon);
        Vector<float> inverse = new(r), common = new(-r * r * r * Vector.Sum(products) / width);
        for (int i = 0; i < width; i += Vector<float>.Count)
        {
            Vector<float> v = Vector.Load(x + i), dy = Vector.Load(slope + i) * inverse;
            Vector.FusedMultiplyAdd(v, common, dy * Vector.Load(weight + i)).Store(result + i);
            Vector.FusedMultiplyAdd(v, dy, Vector.Load(weightSlope + i)).Store(weightSlope + i);
        }
    }

    private sealed class Fused : autograd.SingleTensorFunction<Fused>
    {
        public override string Name => nameof(RmsNormalization);

        public static Tensor Apply(Tensor x, Tensor weight, double epsilon) => apply(x, weight, (float)epsilon);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            Tensor x = (Tensor)vars[0], weight = (Tensor)vars[1], result = empty_like(x);
            float epsilon = (float)vars[2];
            ctx.save_for_backward([x, weight]);
            ctx.save_data(nameof(epsilon), epsilon);
            float* from = CpuRows.Pointer(x), w = CpuRows.Pointer(weight), to = CpuRows.Pointer(result);
            int width = (int)weight.NumberOfElements;
            CpuRows.Run((int)(x.NumberOfElements / width), width, (_, start, end) =>
            {
                for (nint row = start; row < end; row++)
                {
                    Forward(from + (row * width), w, to + (row * width), width, epsilon);
                }
            });
            return result;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            using DisposeScope scope = NewDisposeScope();
            List<Tensor> saved = ctx.get_saved_variables();
            Tensor x = saved[0], weight = saved[1], slope = grad_output.contiguous(), result = empty_like(x);
            float epsilon = (float)ctx.get_data(nameof(epsilon));
            int width = (int)weight.NumberOfElements, rows = (int)(x.NumberOfElements / width);

            // One sum per piece, added up at the end in their order, whoever computed them.
            Tensor sums = zeros(CpuRows.Pieces(rows, width), width);
            float* from = CpuRows.Pointer(x), w = CpuRows.Pointer(weight), dy = CpuRows.Pointer(slope);
            float* to = CpuRows.Pointer(result), total = CpuRows.Pointer(sums);
            CpuRows.Run(rows, width, (piece, start, end) =>
            {
                for (nint row = start; row < end; row++)
                {
                    Backward(from + (row * width), w, dy + (row * width), to + (row * width), total + ((nint)piece * width), width, epsilon);
                }
            });
            return KernelGradients.Return(ctx, [grad_output], result, sums.sum([0L]), null);
        }
    }
}
