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
    }

    private static double Value(Func<Tensor, Tensor, Tensor> loss)
    {
        using DisposeScope scope = NewDisposeScope();
        return loss(tensor(Chosen), tensor(Rejected)).item<double>();
    }
}
