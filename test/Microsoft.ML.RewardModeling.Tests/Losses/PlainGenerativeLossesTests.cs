using Microsoft.ML.RewardModeling.Losses;
using Microsoft.ML.RewardModeling.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Losses;

[TestClass]
public sealed class PlainGenerativeLossesTests
{
    [ClassInitialize]
    public static void LoadTorch(TestContext context) => TorchRuntime.EnsureLoaded();

    [TestMethod]
    public void SupervisedFineTuning_TwoSamples_IsTheMeanOverTokensThenSamples()
    {
        // Probabilities 1/2 and 1/4 of the labels in the first sample, 1/10 in the second:
        // ((ln 2 + ln 4) / 2 + ln 10) / 2 = (1.0397207708 + 2.3025850930) / 2 = 1.6711529319.
        using DisposeScope scope = NewDisposeScope();
        Tensor p = tensor(new[] { 0.5, 0.3, 0.2, 0.25, 0.25, 0.5, 0.1, 0.2, 0.7 }).reshape(3, 3).log();
        Tensor weights = tensor(TokenWeighting.PerSample([2, 1])).to(ScalarType.Float64);

        Assert.AreEqual(1.6711529319, PlainGenerativeLosses.SupervisedFineTuning(p, tensor(new[] { 0L, 1L, 0L }), weights).item<double>(), 1e-9);
    }

    [TestMethod]
    public void TopKDivergence_OneBucketForTheRest_EqualsHandValue()
    {
        // Teacher: token 2 has 1/2, token 0 has 1/4, the rest 1/4. Student: token 2 has 1/4, token 0 has 1/4, the rest 1/2.
        // 1/2 ln(2) + 1/4 ln(1) + 1/4 ln(1/2) = 1/4 ln 2 = 0.1732867951; times T^2 = 4: 0.6931471806.
        using DisposeScope scope = NewDisposeScope();
        Tensor student = tensor(new[] { 0.25, 0.2, 0.25, 0.3 }).reshape(1, 4).log();
        Tensor ids = tensor(new[] { 2L, 0L }).reshape(1, 2);
        Tensor teacher = tensor(new[] { 0.5, 0.25 }).reshape(1, 2).log();

        Assert.AreEqual(0.6931471806, PlainGenerativeLosses.TopKDivergence(student, ids, teacher, ones(1, ScalarType.Float64), 2).item<double>(), 1e-9);
    }

    [TestMethod]
    public void TopKDivergence_AllTokensListed_EqualsTheFullDivergence()
    {
        using DisposeScope scope = NewDisposeScope();
        using Generator generator = new(7, CPU);
        Tensor teacher = randn([3, 5], ScalarType.Float64, generator: generator).log_softmax(1);
        Tensor student = randn([3, 5], ScalarType.Float64, generator: generator).log_softmax(1);
        Tensor ids = arange(5, ScalarType.Int64).unsqueeze(0).expand(3, 5);
        double full = (teacher.exp() * (teacher - student)).sum().item<double>();

        Assert.AreEqual(full, PlainGenerativeLosses.TopKDivergence(student, ids, teacher, ones(3, ScalarType.Float64), 1).item<double>(), 1e-9);
        Assert.AreEqual(0, PlainGenerativeLosses.TopKDivergence(teacher, ids, teacher, ones(3, ScalarType.Float64), 1).item<double>(), 1e-12);
    }

    [TestMethod]
    public void EveryGenerativeLoss_FiniteDifferences_EqualGradient()
    {
        double[] logits = [0.4, -1.0, 2.0, 0.3, -0.7, 1.1, 0.0, 0.9, -2.0, 0.5, 0.2, 1.3];
        double[] teacher = [Math.Log(0.5), Math.Log(0.2), Math.Log(0.3), Math.Log(0.1), Math.Log(0.6), Math.Log(0.35)];
        long[] ids = [2, 0, 1, 3, 0, 2];
        double[] weights = [0.25, 0.25, 0.5];

        GradientCheck.Check(
            x => PlainGenerativeLosses.SupervisedFineTuning(x.log_softmax(1), tensor(new[] { 2L, 0L, 3L }), tensor(weights)), logits, 3, 4);
        GradientCheck.Check(
            x => PlainGenerativeLosses.TopKDivergence(
                (x / 1.7).log_softmax(1), tensor(ids).reshape(3, 2), tensor(teacher).reshape(3, 2), tensor(weights), 1.7),
            logits,
            3,
            4);
    }
}
