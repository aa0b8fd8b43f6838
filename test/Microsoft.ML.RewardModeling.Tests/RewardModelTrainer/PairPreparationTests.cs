using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.RewardModelTrainer;

[TestClass]
public sealed class PairPreparationTests
{
    private static readonly RewardTextEncoder Encoder = RewardTextEncoder.Load(TestData.Own("models", "rm-nano-base"), 32);

    [TestMethod]
    public void Prepare_MixedRows_KeepsTheUsableAndCountsTheRest()
    {
        var counts = new PairCounts();
        List<(string Prompt, TokenizedPair Pair)> pairs = Prepare(
            counts,
            Row("ok"),
            Row("tie", r => r.TeacherStatus = "tie"),
            Row("tie2", r => r.TeacherStatus = "tie"),
            Row("equal", r => r.Rejected = r.Chosen),
            Row("no margin", r => (r.Margin, r.ChosenScore) = (float.NaN, float.NaN)),
            Row("long", r => r.Chosen = string.Join(' ', Enumerable.Repeat("word", 100))),
            Row("teacher", r => r.TeacherResponse = "A good answer."));

        CollectionAssert.AreEqual(new[] { "ok", "long", "teacher" }, pairs.Select(p => p.Pair.Id).ToArray());
        Assert.AreEqual((7, 3, 1, 1, 1, 1), (counts.Rows, counts.Used, counts.Equal, counts.WithoutTargets, counts.Truncated, counts.WithTeacher));
        Assert.AreEqual(2, counts.Skipped["tie"]);
        StringAssert.Contains(counts.ToString(), "7 rows read, 3 pairs used, 2 skipped with status tie");
        Assert.AreEqual(32, pairs[1].Pair.Chosen.Ids.Length);
        Assert.IsNotNull(pairs[2].Pair.Teacher);
    }

    [TestMethod]
    public void Prepare_RefinedAnswer_TakesThePlaceOfTheChosenOne()
    {
        (_, TokenizedPair pair) = Prepare(new PairCounts(), Row("r", r => r.RefinedChosen = "An edited answer.")).Single();

        CollectionAssert.AreEqual(Encoder.Encode([new ChatTurn("user", "A prompt")], "An edited answer.").Ids, pair.Chosen.Ids);
    }

    [TestMethod]
    public void Prepare_NoMarginButScores_UsesTheirDifference()
        => Assert.AreEqual(6f, Prepare(new PairCounts(), Row("r", r => r.Margin = float.NaN)).Single().Pair.Margin);

    [TestMethod]
    public void Prepare_BradleyTerry_NeedsNoMargin()
        => Assert.AreEqual(1, PairPreparation.Prepare(
            [Row("r", r => (r.Margin, r.ChosenScore) = (float.NaN, float.NaN))], Encoder, RewardObjective.BradleyTerry, new PairCounts(), default).Count);

    [TestMethod]
    public void Prepare_EmptyAnswer_FailsAndNamesTheRow()
    {
        string message = Assert.ThrowsExactly<RewardModelingException>(() => Prepare(new PairCounts(), Row("row 17", r => r.Rejected = " "))).Message;

        StringAssert.Contains(message, "'row 17' has an empty rejected answer");
    }

    private static List<(string Prompt, TokenizedPair Pair)> Prepare(PairCounts counts, params PairRow[] rows)
        => PairPreparation.Prepare(rows, Encoder, RewardObjective.MarginRegression, counts, CancellationToken.None);

    private static PairRow Row(string id, Action<PairRow>? change = null)
    {
        var row = new PairRow { Id = id, Prompt = "A prompt", Chosen = "A better answer", Rejected = "A worse one", ChosenScore = 8, RejectedScore = 2, Margin = 6 };
        change?.Invoke(row);
        return row;
    }
}
