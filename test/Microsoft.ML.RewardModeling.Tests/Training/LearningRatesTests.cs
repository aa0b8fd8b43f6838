using Microsoft.ML.RewardModeling.Training;

namespace Microsoft.ML.RewardModeling.Tests.Training;

[TestClass]
public sealed class LearningRatesTests
{
    [TestMethod]
    [DataRow(LearningRateSchedule.Cosine, 0.5, 1.0, 1.0, 0.5, DisplayName = "cosine: cos(0) = 1 gives 1, cos(pi/2) = 0 gives 1/2")]
    [DataRow(LearningRateSchedule.Linear, 0.5, 1.0, 1.0, 0.5, DisplayName = "linear: 1 - 0/2, 1 - 1/2")]
    [DataRow(LearningRateSchedule.Constant, 0.5, 1.0, 1.0, 1.0, DisplayName = "constant")]
    [DataRow(LearningRateSchedule.WarmupStableDecay, 0.5, 1.0, 1.0, 0.5, DisplayName = "wsd: decay over the 2 last steps, 2/2 then 1/2")]
    public void At_FourStepsHalfWarmUp_FollowsTheDocumentedExample(LearningRateSchedule schedule, double a, double b, double c, double d)
        => AssertRates(schedule, 0.5, 0.5, [a, b, c, d]);

    [TestMethod]
    public void At_StableThenDecay_HoldsThePeakUntilTheLastPart()
        => AssertRates(LearningRateSchedule.WarmupStableDecay, 0, 0.5, [1, 1, 1, 0.5]);

    [TestMethod]
    [DataRow(LearningRateSchedule.Cosine)]
    [DataRow(LearningRateSchedule.Linear)]
    [DataRow(LearningRateSchedule.WarmupStableDecay)]
    public void At_NoWarmUp_StartsAtThePeakAndNearsZero(LearningRateSchedule schedule)
    {
        Assert.AreEqual(2, LearningRates.At(schedule, 0, 1000, 0, 0.2, 2));
        Assert.IsLessThan(0.011, LearningRates.At(schedule, 999, 1000, 0, 0.2, 2));
    }

    private static void AssertRates(LearningRateSchedule schedule, double warmup, double decay, double[] expected)
    {
        double[] rates = [.. Enumerable.Range(0, 4).Select(step => LearningRates.At(schedule, step, 4, warmup, decay, 1))];
        Assert.IsTrue(expected.Zip(rates, (x, y) => Math.Abs(x - y)).All(difference => difference < 1e-12), string.Join(", ", rates));
    }
}
