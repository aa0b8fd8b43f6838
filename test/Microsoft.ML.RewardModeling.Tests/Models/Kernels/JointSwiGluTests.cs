using Microsoft.ML.RewardModeling.Models.Kernels;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Models.Kernels;

[TestClass]
public sealed class JointSwiGluTests
{
    [TestMethod]
    [DataRow(3, 16)]
    [DataRow(700, 96)]
    [DataRow(5, 7)]
    public void Apply_RandomInputs_ValuesAndGradientsAreThoseOfThePlainFormula(int rows, int inner)
        => KernelCheck.Check(
            x => JointSwiGlu.Apply(x[0]), x => SwiGlu.Plain(x[0].narrow(1, 0, inner), x[0].narrow(1, inner, inner)), 1, [rows, 2 * inner]);
}
