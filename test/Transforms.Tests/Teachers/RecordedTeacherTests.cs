using Microsoft.ML.Data;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

[TestClass]
public sealed class RecordedTeacherTests
{
    [TestMethod]
    [DataRow(TeacherReplyFormat.Marks)]
    [DataRow(TeacherReplyFormat.JsonSchema)]
    public void Pipeline_AllRecordedItems_EveryRowIsOkWithTheRecordedValues(TeacherReplyFormat format)
    {
        using TemporaryFolder folder = new();
        MLContext ml = new(seed: 1);
        using TeacherClient teacher = new(RecordedTeacher.Load(TestData.Own("first-party")), new TeacherClientOptions { JournalPath = folder["j.db"], ReplyFormat = format });
        PreferencePair[] recorded = [.. FirstParty.Recorded()];
        IDataView view = FirstParty.Distil(ml, teacher, recorded);

        SavedPairs saved = ml.RewardModeling.SavePairs(view, folder["out.jsonl"]);

        Assert.AreEqual(180, saved.Rows);
        Assert.AreEqual(180, saved.Usable, saved.ToString());
        Assert.AreEqual(0.788f, saved.MeanEditSimilarity, 0.001f);
        PreferencePair[] written = [.. PairFile.Read(folder["out.jsonl"])];
        for (int i = 0; i < written.Length; i++)
        {
            Assert.AreEqual(recorded[i].Id, written[i].Id);
            Assert.AreEqual(recorded[i].Rejected, written[i].Rejected);
            Assert.AreEqual(recorded[i].TeacherResponse, written[i].TeacherResponse);
            Assert.AreEqual(recorded[i].RejectedScore, written[i].RejectedScore);
            Assert.AreEqual(written[i].ChosenScore - written[i].RejectedScore, written[i].Margin);
            Assert.IsTrue(written[i].EditSimilarity is >= 0.55f and < 1);
        }

        // Two orders of scoring, the teacher's answer, the edit, its score.
        Assert.AreEqual(180 * 5, teacher.Progress.Calls);
        StringAssert.Contains(written[0].Chosen, "the molecules spread apart into an open crystal lattice");
        Assert.AreEqual(8.5f, written[0].ChosenScore);
    }

    [TestMethod]
    public void Pipeline_SecondRunInAnotherClient_CostsNothingAndWritesTheSameBytes()
    {
        using TemporaryFolder folder = new();
        MLContext ml = new(seed: 1);
        PreferencePair[] recorded = [.. FirstParty.Recorded().Take(30)];
        int[] calls = new int[2];
        for (int run = 0; run < 2; run++)
        {
            using TeacherClient teacher = new(
                RecordedTeacher.Load(TestData.Own("first-party")), new TeacherClientOptions { JournalPath = folder["j.db"], Concurrency = run == 0 ? 16 : 1 });
            ml.RewardModeling.SavePairs(FirstParty.Distil(ml, teacher, recorded), folder[$"{run}.jsonl"]);
            calls[run] = teacher.Progress.Calls;
        }

        Assert.AreEqual(150, calls[0]);
        Assert.AreEqual(0, calls[1]);
        CollectionAssert.AreEqual(File.ReadAllBytes(folder["0.jsonl"]), File.ReadAllBytes(folder["1.jsonl"]));
    }

    [TestMethod]
    public void SavePairs_JournalAsAKillLeavesIt_GoesOnToTheSameBytesWithoutPayingTwice()
    {
        using TemporaryFolder folder = new();
        MLContext ml = new(seed: 1);
        PreferencePair[] recorded = [.. FirstParty.Recorded().Take(30)];
        using TeacherClient undisturbed = new(RecordedTeacher.Load(TestData.Own("first-party")), new TeacherClientOptions { JournalPath = folder["a.db"] });
        ml.RewardModeling.SavePairs(FirstParty.Distil(ml, undisturbed, recorded), folder["a.jsonl"]);

        // The files of an open journal in the middle of a run are what SIGKILL leaves behind.
        int keptCalls = 0;
        using TeacherClient killed = new(RecordedTeacher.Load(TestData.Own("first-party")), new TeacherClientOptions { JournalPath = folder["b.db"], Concurrency = 1 });
        using (DataViewRowCursor cursor = CursorOverStatus(FirstParty.Distil(ml, killed, recorded)))
        {
            for (int i = 0; i < 12; i++)
            {
                cursor.MoveNext();
            }

            keptCalls = killed.Progress.Calls;
            File.Copy(folder["b.db-wal"], folder["c.db-wal"]);
            File.Copy(folder["b.db"], folder["c.db"]);
        }

        using TeacherClient restarted = new(RecordedTeacher.Load(TestData.Own("first-party")), new TeacherClientOptions { JournalPath = folder["c.db"] });
        ml.RewardModeling.SavePairs(FirstParty.Distil(ml, restarted, recorded), folder["c.jsonl"]);

        CollectionAssert.AreEqual(File.ReadAllBytes(folder["a.jsonl"]), File.ReadAllBytes(folder["c.jsonl"]));
        Assert.IsGreaterThanOrEqualTo(12 * 5, keptCalls);

        // At most the one request in flight (and what was sent while the files were copied) is asked again.
        Assert.IsLessThanOrEqualTo(150 - (12 * 5), restarted.Progress.Calls);
    }

    [TestMethod]
    public void SavePairs_RowsThatFailed_AreCountedByReason()
    {
        using TemporaryFolder folder = new();
        MLContext ml = new(seed: 1);
        PreferencePair pair = new() { Id = "1", Prompt = "p", Chosen = "a", Rejected = "b", EditSimilarity = 0.5f };
        IDataView view = ml.RewardModeling.LoadPairs([pair, pair with { Status = "tie" }, pair with { Status = "tie" }, pair with { Status = "refined-unchanged" }]);
        List<int> progress = [];
        SavedPairs saved = ml.RewardModeling.SavePairs(view, folder["out.jsonl"], new Synchronous(progress.Add));

        Assert.AreEqual((4, 1, 0.5f), (saved.Rows, saved.Usable, saved.MeanEditSimilarity));
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4 }, progress);
        StringAssert.EndsWith(saved.ToString(), "out.jsonl: 4 rows, 1 ok, 1 refined-unchanged, 2 tie; mean edit similarity 0.500");
        StringAssert.StartsWith(
            File.ReadAllText(folder["out.jsonl"]),
            "{\"id\":\"1\",\"prompt\":\"p\",\"chosen\":\"a\",\"rejected\":\"b\",\"chosen_score\":null,\"rejected_score\":null,\"margin\":null,\"teacher_response\":null,\"edit_similarity\":0.5,\"status\":\"ok\"}\n");
        Assert.ThrowsExactly<OperationCanceledException>(() => ml.RewardModeling.SavePairs(view, folder["none.jsonl"], null, new CancellationToken(canceled: true)));
        Assert.HasCount(1, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void GetResponseAsync_PairThatIsNotRecorded_IsRefusedByName()
    {
        using TemporaryFolder folder = new();
        MLContext ml = new(seed: 1);
        using TeacherClient teacher = new(RecordedTeacher.Load(TestData.Own("first-party")), new TeacherClientOptions { JournalPath = folder["j.db"] });
        IDataView pairs = ml.RewardModeling.LoadPairs([new PreferencePair { Id = "x", Prompt = "Never asked", Chosen = "a", Rejected = "b" }]);

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(
            () => _ = ml.RewardModeling.TeacherScoreMargin(teacher).Fit(pairs).Transform(pairs).GetColumn<float>("Margin").ToArray());
        StringAssert.Contains(error.Message, "holds no reply for the task score-pair on the prompt 'Never asked'");
    }

    [TestMethod]
    public void Load_IncompleteRow_NamesLineAndField()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["r.jsonl"], "{\"id\":\"1\",\"prompt\":\"p\",\"response_a\":\"a\",\"response_b\":\"b\",\"score_a\":3,\"score_b\":11}\n");

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => RecordedTeacher.Load(folder["r.jsonl"]));
        StringAssert.Contains(error.Message, "r.jsonl:1: found no usable \"score_b\"");
    }

    private static DataViewRowCursor CursorOverStatus(IDataView view) => view.GetRowCursor([view.Schema["TeacherStatus"]]);

    private sealed class Synchronous(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
