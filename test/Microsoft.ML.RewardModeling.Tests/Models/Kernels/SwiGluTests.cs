using Microsoft.ML.RewardModeling.Models.Kernels;

namespace Microsoft.ML.RewardModeling.Tests.Models.Kernels;

[TestClass]
public sealed class SwiGluTests
{
    /// <summary>Sizes of one piece, of many, and one that is no multiple of a vector.</summary>
    [TestMethod]
    [DataRow(3, 16)]
    [DataRow(700, 96)]
    [DataRow(5, 7)]
    public void Apply_RandomInputs_ValuesAndGradientsAreThoseOfThePlainFormula(int rows, int width)
        => KernelCheck.Check(x => SwiGlu.Apply(x[0], x[1]), x => SwiGlu.Plain(x[0], x[1]), 2, [rows, width], [rows, width]);
}
