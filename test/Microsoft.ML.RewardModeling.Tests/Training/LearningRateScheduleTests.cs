using Microsoft.ML.RewardModeling.Training;

namespace Microsoft.ML.RewardModeling.Tests.Training;

[TestClass]
public sealed class LearningRateScheduleTests
{
    [TestMethod]
    public void At_FourStepsHalfWarmUp_FollowsTheDocumentedExample()
    {
        // Warm-up 1/2, 2/2; then cos(0) = 1 gives 1 and cos(pi/2) = 0 gives 1/2.
        double[] rates = [.. Enumerable.Range(0, 4).Select(step => LearningRateSchedule.At(step, 4, 0.5, 1))];

        double[] expected = [0.5, 1, 1, 0.5];
        Assert.IsTrue(expected.Zip(rates, (a, b) => Math.Abs(a - b)).All(difference => difference < 1e-12));
    }

    [TestMethod]
    public void At_NoWarmUp_StartsAtThePeakAndNearsZero()
    {
        Assert.AreEqual(2, LearningRateSchedule.At(0, 1000, 0, 2));
        Assert.IsLessThan(1e-5, LearningRateSchedule.At(999, 1000, 0, 2));
    }
}
