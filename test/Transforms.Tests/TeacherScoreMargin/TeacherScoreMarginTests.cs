using Microsoft.Extensions.AI;
using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests;

[TestClass]
public sealed class TeacherScoreMarginTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    public void Transform_SecondAnswerBetter_SwapsAndAveragesBothOrders()
    {
        using TemporaryFolder folder = new();

        // Shown first an answer gets one point more: "bad" 3 and 2, "good" 8 and 7.
        ScriptedChatClient judge = Judge((answer, position) => (answer == "good" ? 7 : 2) + (position == 0 ? 1 : 0));
        Row row = Run(judge, folder, Pair("bad", "good")).Single();

        Assert.AreEqual(("good", "bad"), (row.Chosen, row.Rejected));
        Assert.AreEqual((7.5f, 2.5f, 5f, 1f, "ok"), (row.ChosenScore, row.RejectedScore, row.Margin, row.ScoreDisagreement, row.TeacherStatus));
        Assert.AreEqual(2, judge.Calls);
    }

    [TestMethod]
    public void Transform_RowsThatHoldBothScores_AreNotPaidFor()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge((_, _) => throw new InvalidOperationException());
        Row[] rows = Run(judge, folder,
            Pair("a", "b") with { ChosenScore = 7, RejectedScore = 4 },
            Pair("a", "b") with { ChosenScore = 4, RejectedScore = 7 },
            Pair("a", "b") with { ChosenScore = 4, RejectedScore = 4 });

        Assert.AreEqual(0, judge.Calls);
        Assert.AreEqual(("a", "b", 3f, "ok"), (rows[0].Chosen, rows[0].Rejected, rows[0].Margin, rows[0].TeacherStatus));
        Assert.AreEqual(("b", "a", 3f, "ok"), (rows[1].Chosen, rows[1].Rejected, rows[1].Margin, rows[1].TeacherStatus));
        Assert.AreEqual("tie", rows[2].TeacherStatus);
        Assert.IsTrue(float.IsNaN(rows[0].ScoreDisagreement));
    }

    [TestMethod]
    public void Transform_NearTie_IsRatedOnceMoreThenMarked()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient even = Judge((_, _) => 6);
        Row tie = Run(even, folder, Pair("a", "b")).Single();
        Assert.AreEqual(("a", "tie", 0f), (tie.Chosen, tie.TeacherStatus, tie.Margin));
        Assert.AreEqual(4, even.Calls);
        Assert.AreEqual(2, even.Requests.Count(r => r.Contains("Rate them afresh", StringComparison.Ordinal)));

        // The second rating tells them apart: means (6 + 8) / 2 and (6 + 4) / 2.
        int asked = 0;
        ScriptedChatClient undecided = Judge((answer, _) => Volatile.Read(ref asked) <= 2 ? 6 : answer == "d" ? 8 : 4, () => Interlocked.Increment(ref asked));
        Row decided = Run(undecided, folder, Pair("c", "d")).Single();
        Assert.AreEqual(("d", "ok", 7f, 5f), (decided.Chosen, decided.TeacherStatus, decided.ChosenScore, decided.RejectedScore));
    }

    [TestMethod]
    [DataRow(TiePolicy.RateAgain, "tie", 4)]
    [DataRow(TiePolicy.Mark, "tie", 2)]
    [DataRow(TiePolicy.Keep, "ok", 2)]
    public void Transform_NearTie_FollowsThePolicy(TiePolicy policy, string status, int calls)
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge((answer, _) => answer == "a" ? 6 : 6.5f);
        TeacherScoreMarginOptions options = Options(folder) with { TiePolicy = policy, MinimumMargin = 1 };
        Row row = Run(judge, options, Pair("a", "b")).Single();

        Assert.AreEqual(("b", 0.5f, status, calls), (row.Chosen, row.Margin, row.TeacherStatus, judge.Calls));

        // Scores that were given are taken as they are under every policy.
        Row given = Run(judge, options, Pair("a", "b") with { ChosenScore = 4, RejectedScore = 4 }).Single();
        Assert.AreEqual((0f, status, calls), (given.Margin, given.TeacherStatus, judge.Calls));
    }

    [TestMethod]
    public void Transform_TeacherThatCannotBeParsed_NamesTheStatusAndInventsNothing()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient babbler = new(_ => "Both are fine, I would say 8 and 7.");
        Row row = Run(babbler, folder, Pair("a", "b")).Single();

        Assert.AreEqual(("a", "b", "score-unparseable"), (row.Chosen, row.Rejected, row.TeacherStatus));
        Assert.IsTrue(float.IsNaN(row.ChosenScore) && float.IsNaN(row.RejectedScore) && float.IsNaN(row.Margin));

        // Two orders, each asked again twice with the reason.
        Assert.AreEqual(6, babbler.Calls);
        Assert.IsTrue(babbler.Requests.Any(r => r.Contains("That reply cannot be used. The section", StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Transform_ReplyUsableOnlyWhenAskedAgain_IsUsed()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge((answer, _) => answer == "a" ? 9 : 3);
        ScriptedChatClient hasty = new(async (messages, options, token) => messages.Count == 2 ? "9" : (await judge.GetResponseAsync(messages, options, token)).Text);
        Row row = Run(hasty, folder, Pair("a", "b")).Single();

        Assert.AreEqual((9f, 3f, "ok"), (row.ChosenScore, row.RejectedScore, row.TeacherStatus));
    }

    [TestMethod]
    public void Transform_CallThatFailsForGood_MarksOnlyItsRow()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge((answer, _) => answer == "poison" ? throw new HttpRequestException("too long", null, System.Net.HttpStatusCode.RequestEntityTooLarge) : answer == "a" ? 8 : 4);
        Row[] rows = Run(judge, folder, Pair("poison", "b"), Pair("a", "b"));

        CollectionAssert.AreEqual(new[] { "score-call-failed", "ok" }, rows.Select(r => r.TeacherStatus).ToArray());
    }

    [TestMethod]
    public void Transform_EarlierFailure_IsKeptAndCostsNothing()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge((_, _) => 5);
        Row row = Run(judge, folder, Pair("a", "b") with { Status = "respond-unparseable" }).Single();

        Assert.AreEqual("respond-unparseable", row.TeacherStatus);
        Assert.AreEqual(0, judge.Calls);
    }

    [TestMethod]
    public void Transform_OnlyInputColumnsRead_AsksNothing()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient judge = Judge((_, _) => 5);
        IDataView input = Ml.RewardModeling.LoadPairs([Pair("a", "b")]);
        TeacherScoreMarginTransformer transformer = Ml.RewardModeling.TeacherScoreMargin(judge, Options(folder)).Fit(input);
        using (transformer)
        {
            _ = transformer.Transform(input).GetColumn<string>("Prompt").ToArray();
            Assert.AreEqual(0, transformer.Progress.Calls);
            Assert.IsFalse(File.Exists(folder["j.db"]));
        }
    }

    [TestMethod]
    public void CreatePredictionEngine_OverATeacherTransform_RatesOneRow()
    {
        using TemporaryFolder folder = new();
        IDataView input = Ml.RewardModeling.LoadPairs([Pair("a", "b")]);
        using TeacherScoreMarginTransformer transformer = Ml.RewardModeling.TeacherScoreMargin(Judge((answer, _) => answer == "good" ? 9 : 2), Options(folder)).Fit(input);
        using PredictionEngine<EngineInput, Row> engine = Ml.Model.CreatePredictionEngine<EngineInput, Row>(transformer);

        Row row = engine.Predict(new EngineInput { Prompt = "p", Chosen = "bad", Rejected = "good", ChosenScore = float.NaN, RejectedScore = float.NaN });
        Assert.AreEqual(("good", 7f, "ok"), (row.Chosen, row.Margin, row.TeacherStatus));
    }

    [TestMethod]
    public void Save_LiveTeacher_LoadsAsATransformThatAsksNobody()
    {
        using TemporaryFolder folder = new();
        IDataView input = Ml.RewardModeling.LoadPairs([Pair("a", "b")]);
        using TeacherScoreMarginTransformer transformer = Ml.RewardModeling.TeacherScoreMargin(Judge((_, _) => 5), Options(folder)).Fit(input);

        Ml.Model.Save(transformer, input.Schema, folder["model.zip"]);
        ITransformer loaded = new MLContext(1).Model.Load(folder["model.zip"], out _);

        CollectionAssert.AreEqual(input.Schema.Select(c => c.Name).ToArray(), loaded.Transform(input).Schema.Select(c => c.Name).ToArray());
        Assert.AreEqual(0, transformer.Progress.Calls);
    }

    [TestMethod]
    public void TeacherScoreMargin_BadOptions_NamesEveryError()
    {
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(
            () => Ml.RewardModeling.TeacherScoreMargin(Judge((_, _) => 5), new TeacherScoreMarginOptions
            {
                MinimumMargin = -1, TiePolicy = (TiePolicy)7, PromptColumnName = "", MarginColumnName = "Chosen", Client = new TeacherClientOptions { Concurrency = 5000 },
            }));
        StringAssert.Contains(error.Message, "Concurrency is 5000");
        StringAssert.Contains(error.Message, "MinimumMargin is -1; expected 0-9.");
        StringAssert.Contains(error.Message, "TiePolicy is 7; expected RateAgain, Mark, Keep.");
        StringAssert.Contains(error.Message, "PromptColumnName is ; expected the name of a column.");
        StringAssert.Contains(error.Message, "MarginColumnName is Chosen; expected another column than ChosenColumnName.");
    }

    [TestMethod]
    public void Fit_ColumnMissing_NamesItAndOpensNothing()
    {
        using TemporaryFolder folder = new();
        TeacherScoreMarginOptions options = Options(folder) with { PromptColumnName = "Question" };

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Run(Judge((_, _) => 5), options, Pair("a", "b"))).Message, "'Question'");
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void GetOutputSchema_PairShape_HoldsTheOutputsAsScalars()
    {
        SchemaShape input = SchemaShapes.Append(
            new SchemaShape([]), [], [new("Prompt", ColumnKind.Text), new("Chosen", ColumnKind.Text), new("Rejected", ColumnKind.Text)]);
        SchemaShape shape = Ml.RewardModeling.TeacherScoreMargin(Judge((_, _) => 5)).Append(Ml.RewardModeling.TeacherRefinePairs(Judge((_, _) => 5))).GetOutputSchema(input);

        foreach (string name in new[] { "Chosen", "Rejected", "TeacherStatus", "RefinedChosen", "TeacherResponse" })
        {
            Assert.AreEqual(TextDataViewType.Instance, shape.Single(c => c.Name == name).ItemType);
        }

        foreach (string name in new[] { "ChosenScore", "RejectedScore", "Margin", "ScoreDisagreement", "EditSimilarity" })
        {
            Assert.AreEqual(NumberDataViewType.Single, shape.Single(c => c.Name == name).ItemType);
        }
    }

    private static PreferencePair Pair(string first, string second) => new() { Id = "1", Prompt = "p", Chosen = first, Rejected = second };

    private static TeacherScoreMarginOptions Options(TemporaryFolder folder)
        => new() { Client = new TeacherClientOptions { JournalPath = folder["j.db"], MaxRetries = 0 } };

    private static Row[] Run(IChatClient teacher, TemporaryFolder folder, params PreferencePair[] pairs) => Run(teacher, Options(folder), pairs);

    private static Row[] Run(IChatClient teacher, TeacherScoreMarginOptions options, params PreferencePair[] pairs)
    {
        IDataView input = Ml.RewardModeling.LoadPairs(pairs);
        using TeacherScoreMarginTransformer transformer = Ml.RewardModeling.TeacherScoreMargin(teacher, options).Fit(input);
        return [.. Ml.Data.CreateEnumerable<Row>(transformer.Transform(input), reuseRowObject: false)];
    }

    /// <summary>A judge that follows the protocol: a score by answer and place (0 first, 1 second).</summary>
    private static ScriptedChatClient Judge(Func<string, int, float> score, Action? onCall = null) => new(messages =>
    {
        onCall?.Invoke();
        RecordedRequest request = RecordedRequest.Parse([.. messages.Take(2).Select(m => new ConversationTurn(m.Role.Value, m.Text))]);
        return request.Write([.. request.Answers.Select((answer, i) => score(answer, i).ToString(System.Globalization.CultureInfo.InvariantCulture))], asJson: false);
    });

    private sealed class EngineInput
    {
        public string Prompt { get; set; } = string.Empty;

        public string Chosen { get; set; } = string.Empty;

        public string Rejected { get; set; } = string.Empty;

        public float ChosenScore { get; set; }

        public float RejectedScore { get; set; }
    }

    private sealed class Row
    {
        public string Chosen { get; set; } = string.Empty;

        public string Rejected { get; set; } = string.Empty;

        public float ChosenScore { get; set; }

        public float RejectedScore { get; set; }

        public float Margin { get; set; }

        public float ScoreDisagreement { get; set; }

        public string TeacherStatus { get; set; } = string.Empty;
    }
}
