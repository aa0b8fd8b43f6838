using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// softmax(cap(scale q k^T)) v of one sequence, each token seeing itself and what came before. Queries <c>[G, R, T, D]</c>,
/// keys and values <c>[G, 1, T, D]</c>, result <c>[G, R, T, D]</c>.
/// </summary>
/// <remarks>
/// Without window and soft-cap it is one fused kernel that needs no mask. Else queries go in blocks against the keys that
/// any of them sees, so that memory grows with T and not with T^2.
/// </remarks>
internal static class CausalAttention
{
    private const int Block = 512;

    /// <param name="q">Queries.</param>
    /// <param name="k">Keys.</param>
    /// <param name="v">Values.</param>
    /// <param name="shape">Scale, soft-cap, window.</param>
    /// <param name="columns">Places in the padded row that a window is measured by; null for 0, 1, 2, ...</param>
    public static Tensor Mix(Tensor q, Tensor k, Tensor v, AttentionShape shape, int[]? columns)
    {
        int length = (int)q.shape[2];
        int span = columns is null ? length : columns[^1] - columns[0] + 1;
        int? window = shape.Window < span ? shape.Window : null;
        if (window is null && shape.Softcap is null)
        {
            return Fused(q, k, v, shape, null);
        }

        Tensor[] queries = q.split(Block, 2);
        Tensor[] mixed = new Tensor[queries.Length];
        for (int i = 0; i < mixed.Length; i++)
        {
            int start = i * Block, end = Math.Min(length, start + Block);
            int first = window is { } reach ? FirstSeen(start, reach, columns) : 0;
            Tensor mask = Mask(start, end, first, window, columns, q.device);
            Tensor seen = k.narrow(2, first, end - first), values = v.narrow(2, first, end - first);
            mixed[i] = shape.Softcap is { } cap
                ? Capped(queries[i], seen, values, shape.Scale, cap, mask)
                : Fused(queries[i], seen, values, shape, mask);
        }

        return mixed.Length == 1 ? mixed[0] : cat(mixed, 2);
    }

    /// <summary>The kernel divides by sqrt(D) and has no scale of its own, so queries are scaled before.</summary>
    private static Tensor Fused(Tensor q, Tensor k, Tensor v, AttentionShape shape, Tensor? mask)
    {
        double factor = shape.Scale * Math.Sqrt(shape.HeadDim);
        long[] repeated = [q.shape[0], q.shape[1], k.shape[2], k.shape[3]];
        return nn.functional.scaled_dot_product_attention(
            Math.Abs(factor - 1) < 1e-12 ? q : q * factor, k.expand(repeated), v.expand(repeated), mask, is_casual: mask is null);
    }

    private static Tensor Capped(Tensor q, Tensor k, Tensor v, double scale, double cap, Tensor mask)
    {
        Tensor scores = (q * (scale / cap)).matmul(k.transpose(2, 3)).tanh() * cap;                          // (G, R, B, S)
        return scores.masked_fill(mask.logical_not(), float.NegativeInfinity).softmax(-1).matmul(v);         // (G, R, B, D)
    }

    /// <summary>[B, S]: true where query start + i may see key first + j.</summary>
    private static Tensor Mask(int start, int end, int first, int? window, int[]? columns, Device device)
    {
        Tensor Places(int from)
            => columns is null ? arange(from, end, ScalarType.Int64, device) : tensor([.. columns[from..end].Select(place => (long)place)], device: device);
        Tensor query = Places(start).unsqueeze(1), key = Places(first).unsqueeze(0);
        Tensor mask = key.le(query);
        return window is { } reach ? mask.logical_and(key.gt(query - reach)) : mask;
    }

    /// <summary>The first key that the query at <paramref name="start"/> sees; later queries see no earlier one.</summary>
    private static int FirstSeen(int start, int window, int[]? columns)
        => columns is null ? Math.Max(0, start - window + 1) : Array.FindIndex(columns, place => place > columns[start] - window);
}
