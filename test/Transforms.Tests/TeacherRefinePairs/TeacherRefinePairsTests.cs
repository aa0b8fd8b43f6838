using Microsoft.Extensions.AI;
using Microsoft.ML.Data;
using Microsoft.ML.RewardModeling.Teachers;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests;

[TestClass]
public sealed class TeacherRefinePairsTests
{
    private const string Original = "The sun is cold and far away from us";
    private const string Edit = "The sun is hot and far away from us";

    private static readonly MLContext Ml = new(seed: 1);

    [TestMethod]
    public void Transform_GoodEdit_FillsEveryColumn()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient teacher = Teacher(Edit, "8.5");
        Row row = Run(teacher, folder, Pair()).Single();

        Assert.AreEqual(("own answer", Edit, 8.5f, 5.5f, "ok"), (row.TeacherResponse, row.RefinedChosen, row.ChosenScore, row.Margin, row.TeacherStatus));
        Assert.AreEqual(2f * 8 / 18, row.EditSimilarity, 1e-6f);
        Assert.AreEqual(("chosen", Original), (row.Chosen, row.Rejected));
        Assert.AreEqual(3, teacher.Calls);

        // Self-calibrated: the last request continues the refinement and tells the original's score.
        string last = teacher.Requests[^1];
        StringAssert.Contains(last, Edit);
        StringAssert.Contains(last, "SCORE OF THE ORIGINAL>>>\n3\n");
    }

    [TestMethod]
    public void Transform_TeacherResponseGiven_IsNotPaidForAgain()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient teacher = Teacher(Edit, "8");
        Row row = Run(teacher, folder, Pair() with { TeacherResponse = "given" }).Single();

        Assert.AreEqual("given", row.TeacherResponse);
        Assert.AreEqual(2, teacher.Calls);
    }

    [TestMethod]
    [DataRow(Edit, "3", "refined-not-better", 3)]
    [DataRow(Edit, "2.5", "refined-not-better", 3)]
    [DataRow(Original, "9", "refined-unchanged", 2)]
    [DataRow("The  sun is cold\nand far away from us", "9", "refined-unchanged", 2)]
    [DataRow("Something else entirely with other words", "9", "refined-too-different", 2)]
    [DataRow(" ", "9", "refine-unparseable", 4)]
    [DataRow(Edit, "great", "refined-score-unparseable", 5)]
    public void Transform_EditThatDoesNotServe_IsMarked(string edit, string score, string status, int calls)
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient teacher = Teacher(edit, score);
        Row row = Run(teacher, folder, Pair()).Single();

        Assert.AreEqual(status, row.TeacherStatus);
        Assert.AreEqual(calls, teacher.Calls);
        Assert.AreEqual("own answer", row.TeacherResponse);
        Assert.IsTrue(status == "refined-not-better" ? row.Margin <= 0 : status == "refine-unparseable" ? row.ChosenScore == 7 : float.IsNaN(row.Margin));
    }

    [TestMethod]
    [DataRow(1f, "ok")]
    [DataRow(1.5f, "refined-not-better")]
    public void Transform_GainBelowTheMinimum_IsMarked(float minimum, string status)
    {
        using TemporaryFolder folder = new();
        Row row = Run(Teacher(Edit, "4"), Options(folder) with { MinimumImprovement = minimum }, Pair()).Single();

        Assert.AreEqual((1f, status), (row.Margin, row.TeacherStatus));
    }

    [TestMethod]
    public void Transform_EmptyOrCutOffTeacherAnswer_IsMarkedAndNothingMoreIsPaid()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient silent = new(_ => " ");
        Assert.AreEqual("respond-unparseable", Run(silent, folder, Pair()).Single().TeacherStatus);
        Assert.AreEqual(3, silent.Calls);

        ScriptedChatClient cut = new(_ => "half a sen") { FinishReason = ChatFinishReason.Length, ModelId = "cut" };
        Assert.AreEqual("respond-unparseable", Run(cut, folder, Pair()).Single().TeacherStatus);
    }

    [TestMethod]
    public void Transform_NoScoreOrEarlierFailure_CostsNothing()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient teacher = Teacher(Edit, "8");
        Row[] rows = Run(teacher, folder, Pair() with { RejectedScore = null }, Pair() with { Status = "tie" }, Pair() with { IsLabelled = false });

        CollectionAssert.AreEqual(new[] { "missing-rejected-score", "tie", "unlabelled" }, rows.Select(r => r.TeacherStatus).ToArray());
        Assert.AreEqual(0, teacher.Calls);
        Assert.AreEqual(7f, rows[1].ChosenScore);
    }

    [TestMethod]
    [DataRow("Prompt", 0)]
    [DataRow("Chosen", 0)]
    [DataRow("TeacherResponse", 1)]
    [DataRow("RefinedChosen", 2)]
    [DataRow("TeacherStatus", 3)]
    public void Transform_OneColumnRead_PaysOnlyForItsStages(string column, int calls)
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient teacher = Teacher(Edit, "8");
        IDataView input = Ml.RewardModeling.LoadPairs([Pair()]);
        using TeacherRefinePairsTransformer transformer = Ml.RewardModeling.TeacherRefinePairs(teacher, Options(folder)).Fit(input);

        _ = transformer.Transform(input).GetColumn<string>(column).ToArray();

        Assert.AreEqual(calls, teacher.Calls);
    }

    [TestMethod]
    public void Transform_BudgetUsedUpHalfway_StopsAndGoesOnLater()
    {
        using TemporaryFolder folder = new();
        PreferencePair[] pairs = [.. Enumerable.Range(0, 20).Select(i => Pair() with { Id = $"{i}", Prompt = $"prompt {i}" })];
        ScriptedChatClient teacher = Teacher(Edit, "8");
        TeacherRefinePairsOptions options = Options(folder) with { Client = new TeacherClientOptions { JournalPath = folder["j.db"], MaxCalls = 25 } };

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => Save(options, "first.jsonl"));
        Assert.IsTrue(error.CanResume);
        Assert.IsFalse(File.Exists(folder["first.jsonl"]));
        Assert.AreEqual(25, teacher.Calls);

        // 60 calls in all: what was paid for is not paid again.
        SavedPairs saved = Save(options with { Client = options.Client with { MaxCalls = 35 } }, "second.jsonl");
        Assert.AreEqual((20, 20), (saved.Rows, saved.Usable));
        Assert.AreEqual(60, teacher.Calls);

        SavedPairs Save(TeacherRefinePairsOptions with, string file)
        {
            IDataView input = Ml.RewardModeling.LoadPairs(pairs);
            using TeacherRefinePairsTransformer transformer = Ml.RewardModeling.TeacherRefinePairs(teacher, with).Fit(input);
            return Ml.RewardModeling.SavePairs(transformer.Transform(input), folder[file]);
        }
    }

    [TestMethod]
    public void Transform_ThenTrainTestSplitAndKeepUsable_WorkOnTheView()
    {
        using TemporaryFolder folder = new();
        PreferencePair[] pairs = [.. Enumerable.Range(0, 30).Select(i => Pair() with { Id = $"{i}", Prompt = $"prompt {i}", Status = i % 3 == 0 ? "tie" : null })];
        IDataView input = Ml.RewardModeling.LoadPairs(pairs);
        ScriptedChatClient teacher = Teacher(Edit, "8");
        using TeacherRefinePairsTransformer transformer = Ml.RewardModeling.TeacherRefinePairs(teacher, Options(folder)).Fit(input);

        IDataView usable = Ml.RewardModeling.KeepUsable(transformer.Transform(input));
        DataOperationsCatalog.TrainTestData split = Ml.Data.TrainTestSplit(usable, 0.3);

        Assert.HasCount(20, usable.GetColumn<string>("RefinedChosen").ToArray());
        Assert.AreEqual(20, split.TrainSet.GetColumn<string>("Id").Concat(split.TestSet.GetColumn<string>("Id")).Distinct().Count());
        Assert.AreEqual(60, teacher.Calls);
    }

    [TestMethod]
    public void TeacherRespond_PromptWithoutAnswer_AsksTheConversationItself()
    {
        using TemporaryFolder folder = new();
        ScriptedChatClient teacher = new(messages => $"answer to {messages.Count} messages");
        IDataView input = Ml.RewardModeling.LoadPairs(
        [
            Pair() with { Prompt = new Conversation([new("system", "s"), new("user", "u")]), IsLabelled = false },
            Pair() with { TeacherResponse = "given" },
            Pair() with { Status = "tie" },
        ]);
        using TeacherRespondTransformer transformer = Ml.RewardModeling.TeacherRespond(
            teacher, new TeacherRespondOptions { Client = new TeacherClientOptions { JournalPath = folder["j.db"] } }).Fit(input);
        IDataView output = transformer.Transform(input);

        CollectionAssert.AreEqual(new[] { "answer to 2 messages", "given", "" }, output.GetColumn<string>("TeacherResponse").ToArray());
        CollectionAssert.AreEqual(new[] { "unlabelled", "ok", "tie" }, output.GetColumn<string>("TeacherStatus").ToArray());
        CollectionAssert.AreEqual(new[] { "s\n----\nu" }, teacher.Requests);
    }

    private static PreferencePair Pair()
        => new() { Id = "1", Prompt = "Is the sun hot?", Chosen = "chosen", Rejected = Original, ChosenScore = 7, RejectedScore = 3, Margin = 4 };

    private static TeacherRefinePairsOptions Options(TemporaryFolder folder)
        => new() { Client = new TeacherClientOptions { JournalPath = folder["j.db"], MaxRetries = 0 } };

    private static Row[] Run(IChatClient teacher, TemporaryFolder folder, params PreferencePair[] pairs) => Run(teacher, Options(folder), pairs);

    private static Row[] Run(IChatClient teacher, TeacherRefinePairsOptions options, params PreferencePair[] pairs)
    {
        IDataView input = Ml.RewardModeling.LoadPairs(pairs);
        using TeacherRefinePairsTransformer transformer = Ml.RewardModeling.TeacherRefinePairs(teacher, options).Fit(input);
        return [.. Ml.Data.CreateEnumerable<Row>(transformer.Transform(input), reuseRowObject: false)];
    }

    /// <summary>A teacher that follows the protocol with one edit and one score for everything.</summary>
    private static ScriptedChatClient Teacher(string edit, string score) => new(messages =>
    {
        // What was asked again is the same question: the conversation up to its last code.
        int asked = messages.ToList().FindLastIndex(m => m.Text.StartsWith(TeacherProtocol.CodeLine, StringComparison.Ordinal));
        RecordedRequest request = RecordedRequest.Parse([.. messages.Take(asked < 0 ? messages.Count : asked + 1).Select(m => new ConversationTurn(m.Role.Value, m.Text))]);
        return request.Task switch
        {
            "refine" => request.Write(["a diagnosis", edit], asJson: false),
            "score-refined" => request.Write([score], asJson: false),
            _ => "own answer",
        };
    });

    private sealed class Row
    {
        public string Chosen { get; set; } = string.Empty;

        public string Rejected { get; set; } = string.Empty;

        public string TeacherResponse { get; set; } = string.Empty;

        public string RefinedChosen { get; set; } = string.Empty;

        public float ChosenScore { get; set; }

        public float Margin { get; set; }

        public float EditSimilarity { get; set; }

        public string TeacherStatus { get; set; } = string.Empty;
    }
}
