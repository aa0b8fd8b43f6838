using Microsoft.ML.RewardModeling.Models.Kernels;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Models.Kernels;

[TestClass]
public sealed class RotationTests
{
    /// <summary>Rows of one piece, of many, and a head that is too small for a vector. The sine's halves differ by their sign only.</summary>
    [TestMethod]
    [DataRow(3, 2, 32)]
    [DataRow(900, 3, 16)]
    [DataRow(5, 2, 6)]
    public void Apply_RandomAngles_ValuesAndGradientsAreThoseOfThePlainFormula(int rows, int heads, int dim)
    {
        static Tensor Twice(Tensor x, double sign) => cat([x * sign, x], 2).detach();
        KernelCheck.Check(
            x => Rotation.Apply(x[0], Twice(x[1].cos(), 1), Twice(x[1].sin(), -1)),
            x => Rotation.Plain(x[0], Twice(x[1].cos(), 1), Twice(x[1].sin(), -1)),
            1,
            [rows, heads, dim],
            [rows, 1, dim / 2]);
    }
}
