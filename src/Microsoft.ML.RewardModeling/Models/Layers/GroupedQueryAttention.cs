using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// Causal self-attention inside each sequence of ragged rows, with G key-value heads that each serve R query heads
/// (Ainslie et al., arXiv 2305.13245). <c>N</c> rows, <c>T</c> rows of one sequence, head size <c>D</c>.
/// </summary>
internal sealed class GroupedQueryAttention(
    JointLinear queryKeyValue, Linear output, RmsNorm? queryNorm, RmsNorm? keyNorm, AttentionShape shape)
{
    public Tensor Forward(Tensor x, RotaryTable.Angles? angles, RaggedRows rows)
    {
        Tensor[] projected = queryKeyValue.Forward(x);
        Tensor q = Prepare(projected[0], shape.Heads, queryNorm, angles);      // (N, G R, D)
        Tensor k = Prepare(projected[1], shape.Groups, keyNorm, angles);       // (N, G, D)
        Tensor v = Heads(projected[2], shape.Groups);                          // (N, G, D)

        // One split, not many slices: its gradient is one concatenation instead of a full-size zero tensor per sequence.
        Tensor[] qs = q.split(rows.Lengths, 0);
        Tensor[] ks = k.split(rows.Lengths, 0);
        Tensor[] vs = v.split(rows.Lengths, 0);
        Tensor[] mixed = new Tensor[rows.Lengths.Length];
        for (int i = 0; i < mixed.Length; i++)
        {
            mixed[i] = Attend(qs[i], ks[i], vs[i], rows.Columns?[i]);
        }

        return output.Forward(mixed.Length == 1 ? mixed[0] : cat(mixed, 0));
    }

    private Tensor Heads(Tensor x, int heads) => x.view(x.shape[0], heads, shape.HeadDim);

    private Tensor Prepare(Tensor x, int heads, RmsNorm? norm, RotaryTable.Angles? angles)
    {
        Tensor split = Heads(x, heads);
        Tensor normed = norm?.Forward(split) ?? split;
        return angles is null ? normed : RotaryTable.Rotate(normed, angles);
    }

    /// <summary>The groups take the place of a batch, and keys and values are seen R times without a copy.</summary>
    private Tensor Attend(Tensor q, Tensor k, Tensor v, int[]? columns)
    {
        long length = q.shape[0], repeats = shape.Heads / shape.Groups;
        Tensor qg = q.view(length, shape.Groups, repeats, shape.HeadDim).permute(1, 2, 0, 3);                  // (G, R, T, D)
        Tensor kg = k.transpose(0, 1).unsqueeze(1);                                                            // (G, 1, T, D)
        Tensor vg = v.transpose(0, 1).unsqueeze(1);                                                            // (G, 1, T, D)
        Tensor mixed = CausalAttention.Mix(qg, kg, vg, shape, columns);                                        // (G, R, T, D)
        return mixed.permute(2, 0, 1, 3).reshape(length, shape.Heads * shape.HeadDim);                         // (T, G R D)
    }
}
