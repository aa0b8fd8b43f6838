using Microsoft.ML.RewardModeling.Batching;

namespace Microsoft.ML.RewardModeling.Tests.Batching;

[TestClass]
public sealed class PreferenceBatchTests
{
    [TestMethod]
    public void Create_TeacherEqualToChosen_FollowsTheDocumentedExample()
    {
        TokenizedPair pair = new("a", new([1, 2, 3, 4], 2), new([1, 2, 5], 2)) { Teacher = new([1, 2, 3, 4], 2), Margin = 3 };

        PreferenceBatch batch = PreferenceBatch.Create([pair], [0], withTeacher: true);

        Assert.HasCount(2, batch.Sequences);
        Assert.AreEqual(7, batch.Tokens);
        CollectionAssert.AreEqual(new[] { 0 }, batch.Chosen);
        CollectionAssert.AreEqual(new[] { 1 }, batch.Rejected);
        CollectionAssert.AreEqual(new long[] { 1, 2 }, batch.LabelRows);
        CollectionAssert.AreEqual(new long[] { 3, 4 }, batch.Labels);
        CollectionAssert.AreEqual(new[] { 2 }, batch.LabelTokens);
        CollectionAssert.AreEqual(new[] { 3f }, batch.Margins);
    }

    [TestMethod]
    public void Create_PairsThatShareTexts_HoldEachTextOnce()
    {
        TokenizedSequence a = new([1, 2, 3], 1), b = new([1, 2, 4], 1), c = new([1, 9], 1);
        TokenizedPair[] data = [new("0", c, a), new("1", a, b) { Teacher = c }, new("2", new([1, 2, 3], 1), b)];

        PreferenceBatch batch = PreferenceBatch.Create(data, [2, 1], withTeacher: true);

        // Pair 2 brings [1,2,3] and [1,2,4], pair 1 nothing new, its teacher [1,9] at rows 6 and 7.
        Assert.HasCount(3, batch.Sequences);
        CollectionAssert.AreEqual(new[] { "2", "1" }, batch.PairIds.ToArray());
        CollectionAssert.AreEqual(new[] { 0, 0 }, batch.Chosen);
        CollectionAssert.AreEqual(new[] { 1, 1 }, batch.Rejected);
        CollectionAssert.AreEqual(new long[] { 6 }, batch.LabelRows);
        CollectionAssert.AreEqual(new long[] { 9 }, batch.Labels);
        CollectionAssert.AreEqual(new[] { 1 }, batch.LabelPairs);
    }

    [TestMethod]
    public void Create_WithoutTeacher_LeavesItsTextsOut()
    {
        TokenizedPair pair = new("a", new([1, 2], 1), new([1, 3], 1)) { Teacher = new([1, 4, 5], 1) };

        PreferenceBatch batch = PreferenceBatch.Create([pair], [0], withTeacher: false);

        Assert.AreEqual(4, batch.Tokens);
        Assert.IsEmpty(batch.Labels);
    }

    [TestMethod]
    public void From_EqualSides_AreDroppedAndCounted()
    {
        TokenizedPair equal = new("e", new([1, 2], 1), new([1, 2], 1)), good = new("g", new([1, 2], 1), new([1, 3], 1)) { Truncated = true };

        PairSelection selection = PairSelection.From([equal, good, equal]);

        CollectionAssert.AreEqual(new[] { good }, selection.Pairs.ToArray());
        Assert.AreEqual(2, selection.Equal);
        Assert.AreEqual(1, selection.Truncated);
    }

    [TestMethod]
    public void Hash_AnythingThatTrainingSees_ChangesIt()
    {
        TokenizedPair pair = new("a", new([1, 2], 1), new([1, 3], 1)) { Margin = 1 };
        TokenizedPair[] others =
        [
            pair with { Id = "b" }, pair with { Margin = 2 }, pair with { Chosen = new([1, 4], 1) }, pair with { Chosen = new([1, 2], 2) },
            pair with { Teacher = pair.Chosen }, pair with { RejectedScore = 1 },
        ];

        string[] hashes = [.. others.Append(pair).Select(other => PairSelection.Hash([other]))];

        Assert.HasCount(hashes.Length, hashes.Distinct().ToArray());
        Assert.AreEqual(PairSelection.Hash([pair]), PairSelection.Hash([pair with { Chosen = new([1, 2], 1) }]));
    }
}
