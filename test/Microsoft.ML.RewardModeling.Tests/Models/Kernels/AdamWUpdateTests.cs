using Microsoft.ML.RewardModeling.Models.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Models.Kernels;

[TestClass]
public sealed class AdamWUpdateTests
{
    [TestMethod]
    [DataRow(5)]
    [DataRow(100_003)]
    public void Apply_RandomState_IsTheFormulaInDoublePrecision(int count)
    {
        using DisposeScope scope = NewDisposeScope();
        using Generator generator = new(1);
        Tensor Random() => randn(count, generator: generator);
        Tensor p = Random(), g = Random(), m = Random(), v = Random().square();
        Tensor slope = g.to(ScalarType.Float64) * 0.5;
        Tensor first = (m.to(ScalarType.Float64) * 0.9) + (slope * 0.1), second = (v.to(ScalarType.Float64) * 0.999) + (slope.square() * 0.001);
        Tensor expected = (p.to(ScalarType.Float64) * 0.99) - (first * 0.01 / ((second.sqrt() / 0.3) + 1e-8));

        AdamWUpdate.Apply(p, g, m, v, new AdamWUpdate.Numbers(0.9, 0.999, 1e-8, 0.5, 0.99, 0.01, 0.3));

        Assert.IsLessThan(1e-6, ((m - first).abs() / (1 + first.abs())).max().item<double>());
        Assert.IsLessThan(1e-6, ((v - second).abs() / (1 + second.abs())).max().item<double>());
        Assert.IsLessThan(1e-6, ((p - expected).abs() / (1 + expected.abs())).max().item<double>());
    }

    [TestMethod]
    public void SumOfSquares_ManyPieces_IsTheSumInDoublePrecision()
    {
        using DisposeScope scope = NewDisposeScope();
        using Generator generator = new(2);
        Tensor x = randn(200_001, generator: generator);
        double expected = x.to(ScalarType.Float64).square().sum().item<double>();
        Assert.AreEqual(expected, AdamWUpdate.SumOfSquares(x), 1e-9 * expected);
    }
}
