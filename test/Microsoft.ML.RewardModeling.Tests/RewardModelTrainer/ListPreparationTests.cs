using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.RewardModelTrainer;

[TestClass]
public sealed class ListPreparationTests
{
    private static readonly RewardTextEncoder Encoder = RewardTextEncoder.Load(TestData.Own("models", "rm-nano-base"));

    [TestMethod]
    public void FromPairs_ScoredPairsOfOnePrompt_BecomeOneListWithMeanScores()
    {
        PairRow[] rows =
        [
            new() { Id = "1", Prompt = "p", Chosen = "good", Rejected = "bad", ChosenScore = 9, RejectedScore = 2 },
            new() { Id = "2", Prompt = "q", Chosen = "yes", Rejected = "no", ChosenScore = 5, RejectedScore = 4 },
            new() { Id = "3", Prompt = "p", Chosen = "good", Rejected = "fair", ChosenScore = 7, RejectedScore = 5, TeacherResponse = "best" },
        ];

        AnswerList[] lists = [.. ListPreparation.FromPairs(rows, new PairCounts())];

        Assert.HasCount(2, lists);
        CollectionAssert.AreEqual(new[] { ("good", 8f), ("bad", 2f), ("fair", 5f) }, lists[0].Answers.ToArray());
        Assert.AreEqual("best", lists[0].TeacherResponse);
    }

    [TestMethod]
    public void FromPairs_PairsWithoutScores_StayListsOfTwo()
    {
        PairRow[] rows =
        [
            new() { Id = "1", Prompt = "p", Chosen = "good", Rejected = "bad" }, new() { Id = "2", Prompt = "p", Chosen = "good", Rejected = "fair" },
        ];

        Assert.HasCount(2, ListPreparation.FromPairs(rows, new PairCounts()).ToArray());
    }

    [TestMethod]
    public void Prepare_CandidatesOfSeveralKinds_KeepsTheUsableBestFirst()
    {
        CandidateSet set = new()
        {
            Id = "q7",
            Prompt = "What is 2 + 2?",
            Candidates = [new("five", 2), new("four", 9), new("four", 8), new("three", null), new("", 5, Status: "failed"), new("about four", 6)],
        };
        CandidateSet equal = new() { Id = "q8", Prompt = "x", Candidates = [new("a", 5), new("b", 5)] };
        PairCounts counts = new();

        TokenizedPair pair = ListPreparation.Prepare(
            ListPreparation.FromCandidates([(set, "What is 2 + 2?", ""), (equal, "x", ""), (set with { Status = "failed" }, "y", "")], counts), Encoder, counts, default).Single().Pair;

        CollectionAssert.AreEqual(new[] { 9f, 6f, 2f }, pair.Ranked.Select(answer => answer.Score).ToArray());
        Assert.IsTrue(pair.Chosen.Ids.SequenceEqual(pair.Ranked[0].Ids));
        Assert.IsTrue(pair.Rejected.Ids.SequenceEqual(pair.Ranked[2].Ids));
        Assert.AreEqual(7f, pair.Margin);
        Assert.AreEqual("3 rows read, 1 lists used, 1 skipped with status failed, 1 skipped without the margin or scores that the objective needs", counts.ToString());
    }
}
