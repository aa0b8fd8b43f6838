using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

/// <summary>Replies that cannot be used stay in the journal; whoever wants others says so.</summary>
[TestClass]
public sealed class RetryUnusableTests
{
    [TestMethod]
    public void RetryUnusable_RepliesOfAnEarlierRun_AreAskedForOnceMoreAndReplaced()
    {
        using TemporaryFolder folder = new();
        bool isUseful = false;
        ScriptedChatClient model = new(m => isUseful || m[^1].Text == "good" ? "An answer." : " ");
        TeacherClientOptions options = new() { JournalPath = folder["j.db"], MaxReasks = 1 };
        CollectionAssert.AreEqual(new[] { "ok", "respond-unparseable" }, Run(model, options, "good", "bad"));
        Assert.AreEqual(3, model.Calls);

        // The same run again costs nothing and says the same; so does a retry that gets the same replies, for one chain of calls.
        CollectionAssert.AreEqual(new[] { "ok", "respond-unparseable" }, Run(model, options, "good", "bad"));
        Assert.AreEqual(3, model.Calls);
        CollectionAssert.AreEqual(new[] { "ok", "respond-unparseable", "respond-unparseable" }, Run(model, options with { RetryUnusable = true }, "good", "bad", "bad"));
        Assert.AreEqual(5, model.Calls);

        isUseful = true;
        CollectionAssert.AreEqual(new[] { "ok", "ok" }, Run(model, options with { RetryUnusable = true }, "good", "bad"));
        Assert.AreEqual(6, model.Calls);

        // The new reply has taken the place of the old one, for every later run.
        isUseful = false;
        CollectionAssert.AreEqual(new[] { "ok", "ok" }, Run(model, options, "good", "bad"));
        Assert.AreEqual(6, model.Calls);
        using TeacherJournalReader reader = TeacherJournalReader.Open(folder["j.db"]);
        Assert.AreEqual(6, reader.Verify());
        Assert.AreEqual(6, reader.Statistics().Single().Attempts, "what was paid for is gone from the record");
    }

    private static string[] Run(ScriptedChatClient model, TeacherClientOptions options, params string[] prompts)
    {
        using TeacherClient teacher = new(model, options);
        MLContext ml = new(1);
        IDataView view = ml.RewardModeling.LoadPairs(prompts.Select((p, i) => new PreferencePair { Id = $"{i}", Prompt = p, Chosen = "a", Rejected = "b" }));
        view = ml.RewardModeling.TeacherRespond(teacher).Fit(view).Transform(view);
        return [.. ml.Data.CreateEnumerable<Row>(view, reuseRowObject: false, ignoreMissingColumns: true).Select(r => r.TeacherStatus)];
    }

    private sealed class Row
    {
        public string TeacherStatus { get; set; } = string.Empty;
    }
}
