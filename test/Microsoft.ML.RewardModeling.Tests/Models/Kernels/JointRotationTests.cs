using Microsoft.ML.RewardModeling.Models.Kernels;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Models.Kernels;

[TestClass]
public sealed class JointRotationTests
{
    private const int Heads = 4, Groups = 2, Dim = 16;

    [TestMethod]
    [DataRow(3)]
    [DataRow(900)]
    public void Apply_RandomAngles_ValuesAndGradientsAreThoseOfThePlainFormula(int rows)
    {
        static Tensor Twice(Tensor x, double sign) => cat([x * sign, x], 2).detach();
        static Tensor Together(params Tensor[] parts) => cat([.. parts.Select(part => part.reshape(part.shape[0], -1))], 1);
        static Tensor Kernel(Tensor[] x)
        {
            (Tensor q, Tensor k, Tensor v) = JointRotation.Apply(x[0], Twice(x[1].cos(), 1), Twice(x[1].sin(), -1), Heads, Groups);
            return Together(q, k, v);
        }

        static Tensor Plain(Tensor[] x)
        {
            Tensor[] parts = x[0].view(-1, Heads + (2 * Groups), Dim).split([Heads, Groups, Groups], 1);
            Tensor Turned(Tensor part) => Rotation.Plain(part, Twice(x[1].cos(), 1), Twice(x[1].sin(), -1));
            return Together(Turned(parts[0]), Turned(parts[1]), parts[2]);
        }

        KernelCheck.Check(Kernel, Plain, 1, [rows, (Heads + (2 * Groups)) * Dim], [rows, 1, Dim / 2]);
    }
}
