namespace Microsoft.ML.RewardModeling.Tests;

[TestClass]
public sealed class EditSimilarityTests
{
    [TestMethod]
    [DataRow("", "", 1f)]
    [DataRow("a b", "", 0f)]
    [DataRow("a b c", "a b c", 1f)]
    [DataRow("a  b\nc", "a b c", 1f)]
    [DataRow("a b c d", "a x c d", 0.75f)] // LCS a c d: 2*3/8
    [DataRow("a b", "c d", 0f)]
    [DataRow("a b c", "c b a", 1f / 3)] // LCS of length 1: 2*1/6
    [DataRow("the cat sat", "the black cat sat down", 0.75f)] // LCS 3: 6/8
    public void Words_PairsDerivedByHand_GiveTheRatio(string original, string edited, float expected)
    {
        Assert.AreEqual(expected, EditSimilarity.Words(original, edited), 1e-6f);
        Assert.AreEqual(expected, EditSimilarity.Words(edited, original), 1e-6f);
    }
}
