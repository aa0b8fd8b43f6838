using Microsoft.ML.RewardModeling.Models.Plans;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>down(f(gate x) * up x) with f silu or gelu: SwiGLU and GeGLU of Shazeer, arXiv 2002.05202.</summary>
internal sealed class GatedMlp(JointLinear gateAndUp, Linear down, Activation activation)
{
    public Tensor Forward(Tensor x)
    {
        Tensor[] inner = gateAndUp.Forward(x);                       // (N, I), (N, I)
        return down.Forward(Activate(inner[0]) * inner[1]);          // (N, H)
    }

    private Tensor Activate(Tensor x) => activation switch
    {
        Activation.Silu => nn.functional.silu(x),
        Activation.Gelu => nn.functional.gelu(x),
        _ => nn.functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
    };
}
