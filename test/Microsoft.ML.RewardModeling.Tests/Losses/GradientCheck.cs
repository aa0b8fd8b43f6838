using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Losses;

/// <summary>Compares a gradient with central differences in float64.</summary>
internal static class GradientCheck
{
    public static void Check(Func<Tensor, Tensor> loss, double[] at, params long[] shape)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(at).reshape(shape).requires_grad_(true);
        loss(x).backward();
        double[] gradient = x.grad!.data<double>().ToArray();
        const double Step = 1e-6;
        for (int i = 0; i < at.Length; i++)
        {
            double Shifted(double by)
            {
                using DisposeScope inner = NewDisposeScope();
                double[] moved = [.. at];
                moved[i] += by;
                return loss(tensor(moved).reshape(shape)).item<double>();
            }

            double expected = (Shifted(Step) - Shifted(-Step)) / (2 * Step);
            Assert.AreEqual(expected, gradient[i], 1e-7 + (1e-6 * Math.Abs(expected)), $"element {i}");
        }
    }
}
