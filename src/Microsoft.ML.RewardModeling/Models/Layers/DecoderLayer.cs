using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>One pre-norm decoder layer: x + attention(norm x), then x + mlp(norm x).</summary>
internal sealed class DecoderLayer(RmsNorm attentionNorm, GroupedQueryAttention attention, RmsNorm mlpNorm, GatedMlp mlp)
{
    /// <summary>x <c>[N, H]</c> to <c>[N, H]</c>.</summary>
    public Tensor Forward(Tensor x, RotaryTable.Angles angles, long[] lengths)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor h = x + attention.Forward(attentionNorm.Forward(x), angles, lengths);
        return (h + mlp.Forward(mlpNorm.Forward(h))).MoveToOuterDisposeScope();
    }
}
