using Microsoft.ML.RewardModeling.Batching;

namespace Microsoft.ML.RewardModeling.Tests.Batching;

[TestClass]
public sealed class TextPackingTests
{
    [TestMethod]
    public void Blocks_TwoTexts_FollowTheDocumentedExample()
    {
        IReadOnlyList<int[]> blocks = TextPacking.Blocks([[1, 2, 3], [4, 5]], 4, null);

        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4 }, blocks.Single());
    }

    [TestMethod]
    public void Blocks_Shuffled_HoldEveryTokenOnceAndTheSameForTheSameSeed()
    {
        int[][] texts = [.. Enumerable.Range(0, 50).Select(i => Enumerable.Range(i * 100, 1 + (i % 7)).ToArray())];

        int[] first = [.. TextPacking.Blocks(texts, 8, 3).SelectMany(block => block)], second = [.. TextPacking.Blocks(texts, 8, 3).SelectMany(block => block)];

        CollectionAssert.AreEqual(first, second);
        CollectionAssert.AreEquivalent(texts.SelectMany(text => text).ToArray(), first);
        CollectionAssert.AreNotEqual(texts.SelectMany(text => text).ToArray(), first);
    }

    [TestMethod]
    public void OfTexts_TwoBlocks_LabelsAreTheNextTokens()
    {
        PreferenceBatch batch = PreferenceBatch.OfTexts([[1, 2, 3], [7, 8], [4, 5]], [2, 0]);

        CollectionAssert.AreEqual(new long[] { 0, 2, 3 }, batch.LabelRows);
        CollectionAssert.AreEqual(new long[] { 5, 2, 3 }, batch.Labels);
        Assert.AreEqual(3, batch.LanguageUnits);
        Assert.IsEmpty(batch.Chosen);
    }
}
