using Microsoft.ML.RewardModeling.Models.Kernels;
using Microsoft.ML.RewardModeling.Models.Plans;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Layers;

/// <summary>down(f(gate x) * up x) with f silu or gelu: SwiGLU and GeGLU of Shazeer, arXiv 2002.05202.</summary>
internal sealed class GatedMlp(JointLinear gateAndUp, Linear down, Activation activation)
{
    public Tensor Forward(Tensor x)
    {
        if (activation == Activation.Silu && JointSwiGlu.Fits(x) && gateAndUp.Whole(x) is { } whole)
        {
            return down.Forward(JointSwiGlu.Apply(whole));           // (N, H)
        }

        Tensor[] inner = gateAndUp.Forward(x);                       // (N, I), (N, I)
        return down.Forward(
            activation == Activation.Silu ? SwiGlu.Apply(inner[0], inner[1]) : Activate(inner[0]) * inner[1]);    // (N, H)
    }

    private Tensor Activate(Tensor x) => activation switch
    {
        Activation.Gelu => nn.functional.gelu(x),
        _ => GeluTanh(x),
    };

    /// <summary>x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).</summary>
    private static Tensor GeluTanh(Tensor x) => 0.5 * x * (1 + (Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x.pow(3)))).tanh());
}
