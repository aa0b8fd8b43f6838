using Microsoft.Data.Sqlite;
using Microsoft.ML.RewardModeling.Teachers;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

[TestClass]
public sealed class TeacherJournalTests
{
    [TestMethod]
    public void Write_ThenFind_GivesEveryFieldBack()
    {
        using TemporaryFolder folder = new();
        using TeacherJournal journal = new(folder["j.db"]);
        JournalEntry entry = Entry("k") with { IsCutOff = true, InputTokens = 5, OutputTokens = 7, Attempts = 3, Duration = TimeSpan.FromMilliseconds(1234) };

        Assert.IsNull(journal.Find("k"));
        Assert.AreEqual(entry, journal.Write(entry));
        Assert.AreEqual(entry, journal.Find("k"));
    }

    [TestMethod]
    public void Write_SecondReplyForOneKey_KeepsTheFirst()
    {
        using TemporaryFolder folder = new();
        using TeacherJournal one = new(folder["j.db"]);
        using TeacherJournal two = new(folder["j.db"]);

        one.Write(Entry("k"));
        Assert.AreEqual("reply", two.Write(Entry("k") with { Reply = "later" }).Reply);
    }

    [TestMethod]
    public void Write_FailureThenReply_IsFoundOnlyAfterTheReply()
    {
        using TemporaryFolder folder = new();
        using TeacherJournal journal = new(folder["j.db"]);

        JournalEntry failed = Entry("k") with { Reply = null, Failure = "HTTP status 500", Attempts = 2 };
        Assert.AreEqual("HTTP status 500", journal.Write(failed).Failure);
        Assert.IsNull(journal.Find("k"));
        Assert.AreEqual(3, journal.Write(Entry("k")).Attempts);
    }

    [TestMethod]
    public void Open_ForeignFiles_AreRefusedAndNotChanged()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["notes.db"], "my notes, much longer than a header of sixteen bytes");
        using (SqliteConnection foreign = new($"Data Source={folder["foreign.db"]};Pooling=False"))
        {
            foreign.Open();
            using SqliteCommand command = foreign.CreateCommand();
            command.CommandText = "CREATE TABLE mine (x)";
            command.ExecuteNonQuery();
        }

        RefusesUnchanged(folder["notes.db"], "no SQLite database");
        RefusesUnchanged(folder["foreign.db"], "another program");
        StringAssert.Contains(Fails(folder.Path), "found a folder");
        StringAssert.Contains(Fails(folder["none", "j.db"]), "cannot be opened for writing");
    }

    [TestMethod]
    public void Open_NewerSchemaOrDamage_IsRefusedAndNotChanged()
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "newer.db", "damaged.db" })
        {
            using TeacherJournal journal = new(folder[name]);
            for (int i = 0; i < 200; i++)
            {
                journal.Write(Entry($"key {i}"));
            }
        }

        using (SqliteConnection connection = new($"Data Source={folder["newer.db"]};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
        }

        byte[] bytes = File.ReadAllBytes(folder["damaged.db"]);
        Array.Fill(bytes, (byte)0xA5, 4096, bytes.Length - 8192);
        File.WriteAllBytes(folder["damaged.db"], bytes);

        RefusesUnchanged(folder["newer.db"], "schema version 2, expected 1");
        RefusesUnchanged(folder["damaged.db"], "damaged");
    }

    [TestMethod]
    public void Open_EmptyFile_BecomesAJournal()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["j.db"], []);
        using TeacherJournal journal = new(folder["j.db"]);

        Assert.AreEqual("reply", journal.Write(Entry("k")).Reply);
    }

    [TestMethod]
    public void Write_FromSeveralConnectionsAtOnce_LosesNothing()
    {
        using TemporaryFolder folder = new();
        Parallel.For(0, 4, process =>
        {
            using TeacherJournal journal = new(folder["j.db"]);
            for (int i = 0; i < 50; i++)
            {
                journal.Write(Entry($"{process} {i}"));
                journal.Write(Entry($"shared {i}") with { Reply = $"{process}" });
            }
        });
        using TeacherJournal all = new(folder["j.db"]);

        Assert.IsTrue(Enumerable.Range(0, 4).All(p => Enumerable.Range(0, 50).All(i => all.Find($"{p} {i}") is not null)));
        Assert.IsTrue(Enumerable.Range(0, 50).All(i => all.Find($"shared {i}") is not null));
    }

    private static JournalEntry Entry(string key) => new()
    {
        Key = key,
        Task = "score-pair",
        Model = "m",
        Settings = "{}",
        Request = "[]",
        Reply = "reply",
        Attempts = 1,
        StartedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    private static string Fails(string path)
    {
        using TeacherJournal journal = new(path);
        return Assert.ThrowsExactly<RewardModelingException>(() => journal.Find("k")).Message;
    }

    private static void RefusesUnchanged(string path, string problem)
    {
        byte[] before = File.ReadAllBytes(path);
        StringAssert.Contains(Fails(path), problem);
        CollectionAssert.AreEqual(before, File.ReadAllBytes(path));
    }
}
