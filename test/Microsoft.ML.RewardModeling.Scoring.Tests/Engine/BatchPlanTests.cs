using Microsoft.ML.RewardModeling.Scoring.Engine;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Engine;

[TestClass]
public sealed class BatchPlanTests
{
    [TestMethod]
    public void Cut_MixedLengths_GivesNeighboursInLengthWithinTheBudget()
    {
        // Sorted: 50 (4), 30 (1), 20 (3), 10 (0), 9 (2). With 60 tokens: 1 of 50, 2 of 30 (30 and 20), 2 of 10 (10 and 9).
        List<int[]> batches = BatchPlan.Cut([10, 30, 9, 20, 50], 60);

        Assert.HasCount(3, batches);
        CollectionAssert.AreEqual((int[])[4], batches[0]);
        CollectionAssert.AreEqual((int[])[1, 3], batches[1]);
        CollectionAssert.AreEqual((int[])[0, 2], batches[2]);
    }

    [TestMethod]
    public void Cut_SequenceAboveTheBudget_IsABatchOfItsOwn()
    {
        List<int[]> batches = BatchPlan.Cut([100, 7, 100], 8);
        Assert.HasCount(3, batches);
        Assert.IsTrue(batches.All(batch => batch.Length == 1));
    }

    [TestMethod]
    public void Cut_Nothing_IsEmpty() => Assert.IsEmpty(BatchPlan.Cut([], 8));
}
