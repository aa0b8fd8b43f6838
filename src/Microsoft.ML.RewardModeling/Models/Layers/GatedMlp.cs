using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>down(silu(gate x) * up x), the SwiGLU of Shazeer, arXiv 2002.05202.</summary>
internal sealed class GatedMlp(Linear gate, Linear up, Linear down)
{
    public Tensor Forward(Tensor x) => down.Forward(nn.functional.silu(gate.Forward(x)) * up.Forward(x));
}
