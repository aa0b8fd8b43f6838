using Microsoft.ML.RewardModeling.Batching;

namespace Microsoft.ML.RewardModeling.Tests.Batching;

[TestClass]
public sealed class PassesTests
{
    [TestMethod]
    public void Cut_Budget_KeepsSimilarLengthsTogetherWithinIt()
        => Assert.AreEqual("2,0 | 3 | 1", Describe(Passes.Cut([0, 1, 2, 3], [5, 9, 4, 8], 8, 12)));

    [TestMethod]
    public void Cut_ItemAboveTheBudget_GetsItsOwnPass()
        => Assert.AreEqual("1 | 0", Describe(Passes.Cut([0, 1], [50, 3], 8, 12)));

    [TestMethod]
    public void Cut_LargestCount_BoundsEveryPass()
    {
        Assert.AreEqual("0,1 | 2", Describe(Passes.Cut([0, 1, 2], [1, 1, 1], 2, 100)));
        Assert.AreEqual("2,0 | 1", Describe(Passes.Cut([2, 0, 1], [9, 9, 1], 2, null)));
    }

    private static string Describe(int[][] passes) => string.Join(" | ", passes.Select(pass => string.Join(',', pass)));
}
