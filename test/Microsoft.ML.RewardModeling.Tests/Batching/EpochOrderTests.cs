using Microsoft.ML.RewardModeling.Batching;

namespace Microsoft.ML.RewardModeling.Tests.Batching;

[TestClass]
public sealed class EpochOrderTests
{
    private static readonly int[] Lengths = [.. Enumerable.Range(0, 103).Select(i => (i * 37) % 101)];

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    public void Batches_EveryPairOnce_OnlyTheLastBatchIsSmaller(int window)
    {
        int[][] batches = EpochOrder.Batches(Lengths, 8, seed: 3, epoch: 0, window);

        CollectionAssert.AreEquivalent(Enumerable.Range(0, 103).ToArray(), batches.SelectMany(batch => batch).ToArray());
        Assert.IsTrue(batches[..^1].All(batch => batch.Length == 8));
        Assert.HasCount(7, batches[^1]);
    }

    [TestMethod]
    public void Batches_SeedAndEpoch_DecideTheOrder()
    {
        string Order(int seed, int epoch) => string.Join(' ', EpochOrder.Batches(Lengths, 8, seed, epoch).SelectMany(batch => batch));

        Assert.AreEqual(Order(1, 2), Order(1, 2));
        Assert.AreNotEqual(Order(1, 2), Order(1, 3));
        Assert.AreNotEqual(Order(1, 2), Order(2, 2));
    }

    [TestMethod]
    public void Batches_FixedSeed_GiveTheRecordedOrder()
    {
        // Resuming on another machine or runtime needs the very same order.
        CollectionAssert.AreEqual(Recorded, EpochOrder.Batches(new int[10], 10, seed: 42, epoch: 1)[0]);
    }

    private static readonly int[] Recorded = [7, 4, 6, 8, 9, 3, 5, 1, 0, 2];

    [TestMethod]
    public void Batches_Window_GathersSimilarLengths()
    {
        double Spread(int window) => EpochOrder.Batches(Lengths, 8, 3, 0, window).Average(batch => batch.Max(i => Lengths[i]) - batch.Min(i => Lengths[i]));

        Assert.IsLessThan(Spread(1) / 2, Spread(8));
    }
}
