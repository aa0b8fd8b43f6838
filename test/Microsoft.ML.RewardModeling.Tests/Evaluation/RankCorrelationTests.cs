using Microsoft.ML.RewardModeling.Evaluation;

namespace Microsoft.ML.RewardModeling.Tests.Evaluation;

[TestClass]
public sealed class RankCorrelationTests
{
    [TestMethod]
    public void Ranks_EqualValues_ShareTheMeanRank()
        => CollectionAssert.AreEqual(new[] { 2.5, 1, 4, 2.5 }, RankCorrelation.Ranks([5, 3, 9, 5]));

    [TestMethod]
    public void Spearman_NoTies_EqualsOneMinusSixSumOfSquares()
        // Ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 * (1 + 1 + 1 + 1 + 0) / (5 * 24) = 0.8.
        => Assert.AreEqual(0.8, RankCorrelation.Spearman([10, 20, 30, 40, 50], [2, 1, 4, 3, 5]), 1e-12);

    [TestMethod]
    public void Spearman_WithTies_IsPearsonOfTheRanks()
        // Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: xy = 4.5, xx = 4.5, yy = 5: 4.5 / sqrt(22.5) = 0.9486833.
        => Assert.AreEqual(0.9486833, RankCorrelation.Spearman([1, 2, 2, 3], [1, 2, 3, 4]), 1e-7);

    [TestMethod]
    public void Spearman_MonotoneOrReversed_IsOneOrMinusOne()
    {
        Assert.AreEqual(1, RankCorrelation.Spearman([1, 2, 30], [-5, 0, 0.1]), 1e-12);
        Assert.AreEqual(-1, RankCorrelation.Spearman([1, 2, 30], [0.1, 0, -5]), 1e-12);
    }

    [TestMethod]
    public void Spearman_ConstantOrTooFew_IsNaN()
    {
        Assert.AreEqual(double.NaN, RankCorrelation.Spearman([1, 1, 1], [1, 2, 3]));
        Assert.AreEqual(double.NaN, RankCorrelation.Spearman([1], [1]));
        Assert.AreEqual(double.NaN, RankCorrelation.Spearman([], []));
    }

    [TestMethod]
    public void Spearman_DifferentLengths_Throws()
        => Assert.ThrowsExactly<ArgumentException>(() => RankCorrelation.Spearman([1, 2], [1]));
}
