using System.Globalization;
using Microsoft.ML.RewardModeling;

namespace Microsoft.ML.RewardModeling.Tests.Evaluation;

[TestClass]
public sealed class RewardEvaluationTests
{
    private static readonly EvaluatedPair[] Pairs =
    [
        Pair("1", 2f, 1f, "longer text", "short", 3f, "x"),
        Pair("2", 0.5f, 1f, "short", "longer text", 1f, "x"),
        Pair("3", 1f, 1f, "same", "size", 2f, "y"),
        Pair("4", 4f, -1f, "longer text", "short", float.NaN, null),
    ];

    [TestMethod]
    public void Evaluate_FourPairs_EqualsHandComputedMetrics()
    {
        RewardModelMetrics metrics = RewardEvaluation.Evaluate(Pairs);

        Assert.AreEqual((4, 1, 0.625), (metrics.Pairs, metrics.Ties, metrics.Accuracy));
        Assert.AreEqual(0.625, metrics.LengthBaseline); // right, wrong, tie, right
        Assert.AreEqual(1, metrics.MarginSpearman, 1e-12); // 1, -0.5, 0 against 3, 1, 2
        CollectionAssert.AreEqual(new[] { "x", "y" }, metrics.Subsets.Keys.ToArray());
        Assert.AreEqual((2, 0.5, 0), (metrics.Subsets["x"].Pairs, metrics.Subsets["x"].Accuracy, metrics.Subsets["x"].Ties));
        Assert.AreEqual((1, 0.5, 1), (metrics.Subsets["y"].Pairs, metrics.Subsets["y"].Accuracy, metrics.Subsets["y"].Ties));
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void Evaluate_RewardNotFinite_NamesThePair(float reward)
        => StringAssert.Contains(
            Assert.ThrowsExactly<RewardModelingException>(() => RewardEvaluation.Evaluate([Pairs[0], Pairs[1] with { RejectedReward = reward }])).Message, "'2'");

    [TestMethod]
    public void Evaluate_NoPairs_Fails() => Assert.ThrowsExactly<RewardModelingException>(() => RewardEvaluation.Evaluate([]));

    [TestMethod]
    public void Evaluate_OnePairWithoutTextsOrMargin_LeavesThoseMetricsNaN()
    {
        RewardModelMetrics metrics = RewardEvaluation.Evaluate([new EvaluatedPair { Id = "1", ChosenReward = 1, RejectedReward = 0 }]);

        Assert.AreEqual(1, metrics.Accuracy);
        Assert.IsTrue(double.IsNaN(metrics.LengthBaseline) && double.IsNaN(metrics.MarginSpearman));
        Assert.AreEqual(0, metrics.Subsets.Count);
        StringAssert.Contains(metrics.ToString(), "n/a");
    }

    [TestMethod]
    public void ToString_InAnyCulture_IsTheSameTable()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("de-DE");
            string text = RewardEvaluation.Evaluate(Pairs).ToString();
            StringAssert.StartsWith(text, "accuracy          62.5 %  (95 % ");
            StringAssert.Contains(text, "4 pairs, 1 ties");
            StringAssert.Contains(text, "margin spearman   1.000");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    public void CatalogEvaluate_View_ReadsColumnsAndSubsets()
    {
        var ml = new MLContext(1);
        IDataView view = ml.Data.LoadFromEnumerable(new[]
        {
            new Row { Id = "a", ChosenReward = 2, RejectedReward = 1, Margin = 1, Chosen = "xx", Rejected = "y", Set = "s" },
            new Row { Id = "b", ChosenReward = 1, RejectedReward = 2, Margin = 0.5f, Chosen = "xx", Rejected = "y", Set = "t" },
        });

        RewardModelMetrics metrics = ml.RewardModeling.Evaluate(view, "Set");

        Assert.AreEqual((0.5, 1.0), (metrics.Accuracy, metrics.LengthBaseline));
        Assert.AreEqual(2, metrics.Subsets.Count);
        Assert.AreEqual(1, metrics.MarginSpearman, 1e-12);
    }

    [TestMethod]
    public void CatalogEvaluate_RewardColumnMissingOrRowUnlabelled_SaysSo()
    {
        var ml = new MLContext(1);
        IDataView noRewards = ml.Data.LoadFromEnumerable(new[] { new { Prompt = "p" } });
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ml.RewardModeling.Evaluate(noRewards)).Message, "ChosenReward");

        IDataView unlabelled = ml.Data.LoadFromEnumerable(new[] { new { Id = "q7", ChosenReward = 1f, RejectedReward = 2f, TeacherStatus = "unlabelled" } });
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => ml.RewardModeling.Evaluate(unlabelled)).Message, "q7");
    }

    private static EvaluatedPair Pair(string id, float chosenReward, float rejectedReward, string chosen, string rejected, float margin, string? subset)
        => new() { Id = id, ChosenReward = chosenReward, RejectedReward = rejectedReward, Chosen = chosen, Rejected = rejected, Margin = margin, Subset = subset };

    private sealed class Row
    {
        public string Id { get; set; } = "";

        public float ChosenReward { get; set; }

        public float RejectedReward { get; set; }

        public float Margin { get; set; }

        public string Chosen { get; set; } = "";

        public string Rejected { get; set; } = "";

        public string Set { get; set; } = "";
    }
}
