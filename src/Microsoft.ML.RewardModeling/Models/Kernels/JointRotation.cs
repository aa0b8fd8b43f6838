using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Kernels;

/// <summary>
/// Takes queries, keys and values apart that one product left side by side, turning queries and keys on the way
/// (<see cref="Rotation"/>): one pass over memory, and one to put their gradients together again.
/// </summary>
internal static unsafe class JointRotation
{
    /// <summary>Whether the kernel can be used for heads of this size.</summary>
    public static bool Fits(Tensor x, Tensor cosine, int headDim)
        => x.dtype == ScalarType.Float32 && CpuRows.Fits(cosine) && cosine.shape[2] == headDim && headDim / 2 % Vector<float>.Count == 0;

    /// <summary><c>[N, (heads + 2 groups) D]</c> to <c>[N, heads, D]</c> and twice <c>[N, groups, D]</c>.</summary>
    public static (Tensor Queries, Tensor Keys, Tensor Values) Apply(Tensor joint, Tensor cosine, Tensor sine, int heads, int groups)
    {
        List<Tensor> parts = Fused.Apply(joint, cosine, sine, heads, groups);
        return (parts[0], parts[1], parts[2]);
    }

    /// <summary>One row, apart or together.</summary>
    private readonly struct Row(float* joint, float* queries, float* keys, float* values, int heads, int groups, int dim)
    {
        private readonly int _width = (heads + (2 * groups)) * dim;

        public void Split(nint row, float* cosine, float* sine)
        {
            float* from = joint + (row * _width);
            Rotation.Turn(from, cosine + (row * dim), sine + (row * dim), queries + (row * heads * dim), heads, dim / 2, 1);
            Rotation.Turn(from + (heads * dim), cosine + (row * dim), sine + (row * dim), keys + (row * groups * dim), groups, dim / 2, 1);
            Copy(from + ((heads + groups) * dim), values + (row * groups * dim));
        }

        public void Join(nint row, float* cosine, float* sine)
        {
            float* to = joint + (row * _width);
            Rotation.Turn(queries + (row * heads * dim), cosine + (row * dim), sine + (row * dim), to, heads, dim / 2, -1);
            Rotation.Turn(keys + (row * groups * dim), cosine + (row * dim), sine + (row * dim), to + (heads * dim), groups, dim / 2, -1);
            Copy(values + (row * groups * dim), to + ((heads + groups) * dim));
        }

        private void Copy(float* from, float* to) => new ReadOnlySpan<float>(from, groups * dim).CopyTo(new Span<float>(to, groups * dim));
    }

    private sealed class Fused : autograd.MultiTensorFunction<Fused>
    {
        public override string Name => nameof(JointRotation);

        public static List<Tensor> Apply(Tensor joint, Tensor cosine, Tensor sine, int heads, int groups) => apply(joint, cosine, sine, heads, groups);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            Tensor joint = (Tensor)vars[0], cosine = (Tensor)vars[1], sine = (Tensor)vars[2];
            int heads = (int)vars[3], groups = (int)vars[4], rows = (int)joint.shape[0], dim = (int)cosine.shape[2];
            ctx.save_for_backward([cosine, sine]);
            Tensor queries = empty(rows, heads, dim), keys = empty(rows, groups, dim), values = empty(rows, groups, dim);
            Row row = new(CpuRows.Pointer(joint), CpuRows.Pointer(queries), CpuRows.Pointer(keys), CpuRows.Pointer(values), heads, groups, dim);
            float* cos = CpuRows.Pointer(cosine), sin = CpuRows.Pointer(sine);
            CpuRows.Run(rows, (heads + (2 * groups)) * dim, (_, start, end) =>
            {
                for (nint i = start; i < end; i++)
                {
                    row.Split(i, cos, sin);
                }
            });
            return [queries, keys, values];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            using DisposeScope scope = NewDisposeScope();
            List<Tensor> saved = ctx.get_saved_variables();
            Tensor queries = grad_outputs[0].contiguous(), keys = grad_outputs[1].contiguous(), values = grad_outputs[2].contiguous();
            int rows = (int)queries.shape[0], heads = (int)queries.shape[1], groups = (int)keys.shape[1], dim = (int)queries.shape[2];
            Tensor joint = empty(rows, (heads + (2 * groups)) * dim);
            Row row = new(CpuRows.Pointer(joint), CpuRows.Pointer(queries), CpuRows.Pointer(keys), CpuRows.Pointer(values), heads, groups, dim);
            float* cos = CpuRows.Pointer(saved[0]), sin = CpuRows.Pointer(saved[1]);
            CpuRows.Run(rows, (heads + (2 * groups)) * dim, (_, start, end) =>
            {
                for (nint i = start; i < end; i++)
                {
                    row.Join(i, cos, sin);
                }
            });
            return KernelGradients.Return(ctx, grad_outputs, joint, null, null, null, null);
        }
    }
}
