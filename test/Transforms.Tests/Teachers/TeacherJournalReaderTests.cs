using Microsoft.Data.Sqlite;
using Microsoft.Extensions.AI;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

[TestClass]
public sealed class TeacherJournalReaderTests
{
    [TestMethod]
    public async Task Statistics_CallsAndVerify_TellWhatWasPaidFor()
    {
        using TemporaryFolder folder = new();
        using TeacherClient teacher = new(
            new ScriptedChatClient(m => m[0].Text == "bad" ? throw new HttpRequestException("x", null, System.Net.HttpStatusCode.BadRequest) : "fine"),
            new TeacherClientOptions { JournalPath = folder["j.db"] });
        await teacher.GetResponseAsync("one");
        await teacher.GetResponseAsync("two");
        await Assert.ThrowsExactlyAsync<RewardModelingException>(() => teacher.GetResponseAsync("bad"));

        using TeacherJournalReader reader = TeacherJournalReader.Open(folder["j.db"]);
        TeacherJournalStatistics model = reader.Statistics().Single();
        Assert.AreEqual(("scripted", 2L, 3L, 20L, 4L), (model.Model, model.Replies, model.Attempts, model.InputTokens, model.OutputTokens));
        Assert.AreEqual(2, model.Tasks["chat"]);
        Assert.AreEqual(1, model.Failures["HTTP status 400"]);
        Assert.AreEqual(3, reader.Verify());
        TeacherCall call = reader.Calls().First(c => c.Request.Contains("two", StringComparison.Ordinal));
        Assert.AreEqual("fine", reader.Calls(call.Key[..12]).Single().Reply);
        Assert.IsEmpty(reader.Calls("%"));
    }

    [TestMethod]
    public async Task Verify_ReplyChanged_NamesTheCall()
    {
        using TemporaryFolder folder = new();
        using (TeacherClient teacher = new(new ScriptedChatClient(_ => "fine"), new TeacherClientOptions { JournalPath = folder["j.db"] }))
        {
            await teacher.GetResponseAsync("one");
        }

        using (SqliteConnection connection = new($"Data Source={folder["j.db"]};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "UPDATE calls SET reply = 'forged'";
            command.ExecuteNonQuery();
        }

        using TeacherJournalReader reader = TeacherJournalReader.Open(folder["j.db"]);
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => reader.Verify()).Message, "not what was written");
    }

    [TestMethod]
    public void Open_NothingThere_SaysSoAndMakesNothing()
    {
        using TemporaryFolder folder = new();

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => TeacherJournalReader.Open(folder["none.db"])).Message, "found no journal");
        Assert.IsFalse(File.Exists(folder["none.db"]));
    }
}
