using Microsoft.ML.RewardModeling.Models.Kernels;

namespace Microsoft.ML.RewardModeling.Tests.Models.Kernels;

[TestClass]
public sealed class RmsNormalizationTests
{
    /// <summary>Rows of one piece, of many, and a width that is no multiple of a vector.</summary>
    [TestMethod]
    [DataRow(3, 16)]
    [DataRow(900, 96)]
    [DataRow(5, 7)]
    public void Apply_RandomInputs_ValuesAndGradientsAreThoseOfThePlainFormula(int rows, int width)
        => KernelCheck.Check(
            x => RmsNormalization.Apply(x[0], x[1], 1e-5), x => RmsNormalization.Plain(x[0], x[1], 1e-5), 2, [rows, width], [width]);
}
