using Microsoft.ML.RewardModeling.Losses;
using Microsoft.ML.RewardModeling.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Losses;

[TestClass]
public sealed class RankingLossesTests
{
    // Two pairs. Differences r_w - r_l: 1 - 0 = 1 and 0.5 - 2.5 = -2. Margins 2 and 1.
    private static readonly double[] Chosen = [1, 0.5];
    private static readonly double[] Rejected = [0, 2.5];
    private static readonly double[] Margin = [2, 1];

    [ClassInitialize]
    public static void LoadTorch(TestContext context) => TorchRuntime.EnsureLoaded();

    [TestMethod]
    public void BradleyTerry_TwoPairs_EqualsHandValue()
    {
        // -log sigmoid(1) = log(1 + e^-1) = 0.3132616875; -log sigmoid(-2) = log(1 + e^2) = 2.1269280110; mean 1.2200948493.
        Assert.AreEqual(1.2200948493, Value(RankingLosses.BradleyTerry), 1e-9);
    }

    [TestMethod]
    public void BradleyTerryMargin_ScaleHalf_EqualsHandValue()
    {
        // k m = 1 and 0.5: log(1 + e^(1-1)) = log 2 = 0.6931471806; log(1 + e^(0.5+2)) = 2.5788897343; mean 1.6360184574.
        Assert.AreEqual(1.6360184574, Value((w, l) => RankingLosses.BradleyTerryMargin(w, l, tensor(Margin), 0.5)), 1e-9);
    }

    [TestMethod]
    public void MarginRegression_ScaleHalf_EqualsHandValue()
    {
        // (1 - 1)^2 = 0; (-2 - 0.5)^2 = 6.25; mean 3.125.
        Assert.AreEqual(3.125, Value((w, l) => RankingLosses.MarginRegression(w, l, tensor(Margin), 0.5)), 1e-12);
    }

    [TestMethod]
    public void SoftLabel_ScaleHalf_EqualsHandValue()
    {
        // p = sigmoid(1) = 0.7310585786: softplus(1) - p = 1.3132616875 - 0.7310585786 = 0.5822031089.
        // p = sigmoid(0.5) = 0.6224593312: softplus(-2) + 2 p = 0.1269280110 + 1.2449186624 = 1.3718466734. Mean 0.9770248912.
        Assert.AreEqual(0.9770248912, Value((w, l) => RankingLosses.SoftLabel(w, l, tensor(Margin), 0.5)), 1e-9);
    }

    [TestMethod]
    public void Pointwise_NormalizedScores_EqualsHandValue()
    {
        // Scores 10, 5.5 and 1, 10 become 1, 0 and -1, 1. Chosen: (1-1)^2 = 0, 0.5^2 = 0.25. Rejected: 1^2 = 1, 1.5^2 = 2.25.
        // Mean over the four answers: 3.5 / 4 = 0.875.
        float[] chosen = [RankingLosses.NormalizedScore(10), RankingLosses.NormalizedScore(5.5f)];
        float[] rejected = [RankingLosses.NormalizedScore(1), RankingLosses.NormalizedScore(10)];
        Assert.AreEqual(0.875, Value((w, l) => RankingLosses.Pointwise(w, l, tensor(chosen), tensor(rejected))), 1e-6);
    }

    [TestMethod]
    public void PlackettLuce_ThreeAnswers_EqualsHandValue()
    {
        // Rewards 1, 0, -1 best first. First draw: ln(e + 1 + 1/e) - 1 = 1.4076059644 - 1 = 0.4076059644. Second: ln(1 + 1/e) - 0
        // = 0.3132616875. Half of the sum: 0.3604338260. The order in the tensor does not matter.
        using DisposeScope scope = NewDisposeScope();
        Assert.AreEqual(0.3604338260, RankingLosses.PlackettLuce(tensor([1.0, 0.0, -1.0]), tensor([9f, 5f, 2f])).item<double>(), 1e-9);
        Assert.AreEqual(0.3604338260, RankingLosses.PlackettLuce(tensor([-1.0, 1.0, 0.0]), tensor([2f, 9f, 5f])).item<double>(), 1e-9);
    }

    [TestMethod]
    public void PlackettLuce_TwoAnswers_IsBradleyTerry()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.AreEqual(
            RankingLosses.BradleyTerry(tensor([0.3]), tensor([1.1])).item<double>(),
            RankingLosses.PlackettLuce(tensor([0.3, 1.1]), tensor([2f, 1f])).item<double>(),
            1e-12);
    }

    [TestMethod]
    public void PlackettLuce_EqualScores_ShareOneDenominator()
    {
        // Both are drawn from {1, 0}: 2 ln(e + 1) - 1 = 2.6265233750 - 1 = 1.6265233750.
        using DisposeScope scope = NewDisposeScope();
        Assert.AreEqual(1.6265233750, RankingLosses.PlackettLuce(tensor([1.0, 0.0]), tensor([4f, 4f])).item<double>(), 1e-9);
    }

    [TestMethod]
    public void Centring_TwoPairs_EqualsHandValue()
    {
        // Pairs (1, 0) and (0.5, 2.5): sums 1 and 3, squares 1 and 9, mean 5.
        Assert.AreEqual(5, Value((w, l) => RankingLosses.Centring((w + l) / 2)), 1e-12);
    }

    [TestMethod]
    public void BradleyTerry_HugeDifference_StaysFinite()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.AreEqual(2000, RankingLosses.BradleyTerry(tensor([-1000.0]), tensor([1000.0])).item<double>(), 1e-9);
    }

    [TestMethod]
    public void EveryRankingLoss_FiniteDifferences_EqualGradient()
    {
        double[] rewards = [0.3, -1.2, 0.8, 2.0, 0.1, -0.4];
        double[] margins = [1.5, 0.2, 3.0];
        foreach (Func<Tensor, Tensor, Tensor> loss in new Func<Tensor, Tensor, Tensor>[]
        {
            RankingLosses.BradleyTerry,
            (w, l) => RankingLosses.BradleyTerryMargin(w, l, tensor(margins), 0.7),
            (w, l) => RankingLosses.MarginRegression(w, l, tensor(margins), 0.7),
            (w, l) => RankingLosses.SoftLabel(w, l, tensor(margins), 0.7),
            (w, l) => RankingLosses.Pointwise(w, l, tensor(margins), tensor(margins) * -0.5),
        })
        {
            GradientCheck.Check(x => loss(x[0], x[1]), rewards, 2, 3);
        }

        GradientCheck.Check(x => RankingLosses.PlackettLuce(x, tensor([3f, 5f, 5f, 1f, 1f, 4f])), rewards, 6);
        GradientCheck.Check(RankingLosses.Centring, rewards, 6);
    }

    private static double Value(Func<Tensor, Tensor, Tensor> loss)
    {
        using DisposeScope scope = NewDisposeScope();
        return loss(tensor(Chosen), tensor(Rejected)).item<double>();
    }
}
