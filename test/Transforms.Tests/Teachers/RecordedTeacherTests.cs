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
}
