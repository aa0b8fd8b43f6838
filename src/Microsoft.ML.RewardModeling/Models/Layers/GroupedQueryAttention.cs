using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>
/// Causal self-attention inside each sequence of ragged rows, with G key-value heads that each serve R query heads
/// (Ainslie et al., arXiv 2305.13245). <c>N</c> rows, <c>T</c> rows of one sequence, head size <c>D</c>.
/// </summary>
internal sealed class GroupedQueryAttention(Linear query, Linear key, Linear value, Linear output, int heads, int groups, int headDim)
{
    public Tensor Forward(Tensor x, RotaryTable.Angles angles, long[] lengths)
    {
        long rows = x.shape[0];
        Tensor q = RotaryTable.Rotate(query.Forward(x).view(rows, heads, headDim), angles);    // (N, G R, D)
        Tensor k = RotaryTable.Rotate(key.Forward(x).view(rows, groups, headDim), angles);     // (N, G, D)
        Tensor v = value.Forward(x).view(rows, groups, headDim);                               // (N, G, D)

        // One split, not many slices: its gradient is one concatenation instead of a full-size zero tensor per sequence.
        Tensor[] qs = q.split(lengths, 0);
        Tensor[] ks = k.split(lengths, 0);
        Tensor[] vs = v.split(lengths, 0);
        Tensor[] mixed = new Tensor[lengths.Length];
        for (int i = 0; i < mixed.Length; i++)
        {
            mixed[i] = Attend(qs[i], ks[i], vs[i], lengths[i]);
        }

        return output.Forward(mixed.Length == 1 ? mixed[0] : cat(mixed, 0));
    }

    /// <summary>The groups take the place of a batch, and keys and values are seen R times without a copy.</summary>
    private Tensor Attend(Tensor q, Tensor k, Tensor v, long length)
    {
        int repeats = heads / groups;
        Tensor qg = q.view(length, groups, repeats, headDim).permute(1, 2, 0, 3);                             // (G, R, T, D)
        Tensor kg = k.transpose(0, 1).unsqueeze(1).expand(groups, repeats, length, headDim);                  // (G, R, T, D)
        Tensor vg = v.transpose(0, 1).unsqueeze(1).expand(groups, repeats, length, headDim);                  // (G, R, T, D)
        Tensor mixed = nn.functional.scaled_dot_product_attention(qg, kg, vg, is_casual: true);               // (G, R, T, D)
        return mixed.permute(2, 0, 1, 3).reshape(length, heads * headDim);                                    // (T, G R D)
    }
}
