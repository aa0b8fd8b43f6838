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
        JournalEntry entry = Entry("k") with { IsCutOff = true, LogProbabilities = "[]", InputTokens = 5, OutputTokens = 7, Attempts = 3, Duration = TimeSpan.FromMilliseconds(1234) };

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
            command.CommandText = "PRAGMA user_version = 4; PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
        }

        byte[] bytes = File.ReadAllBytes(folder["damaged.db"]);
        Array.Fill(bytes, (byte)0xA5, 4096, bytes.Length - 8192);
        File.WriteAllBytes(folder["damaged.db"], bytes);

        RefusesUnchanged(folder["newer.db"], "schema version 4, expected at most 3");
        RefusesUnchanged(folder["damaged.db"], "damaged");
    }

    [TestMethod]
    public void Open_SchemaVersion1_IsMigratedWithEveryRow()
    {
        using TemporaryFolder folder = new();
        Run(folder["j.db"], """
            CREATE TABLE calls (key TEXT PRIMARY KEY, protocol INTEGER NOT NULL, task TEXT NOT NULL, model TEXT NOT NULL, settings TEXT NOT NULL,
                request TEXT NOT NULL, reply TEXT, cut_off INTEGER NOT NULL, input_tokens INTEGER, output_tokens INTEGER, attempts INTEGER NOT NULL,
                started_at TEXT NOT NULL, duration_ms INTEGER NOT NULL, status TEXT NOT NULL CHECK (status IN ('ok', 'failed')), failure TEXT);
            INSERT INTO calls VALUES ('k', 1, 'score-pair', 'm', '{}', '[]', 'reply', 0, 5, 7, 1, '2026-01-02T03:04:05.0000000+00:00', 0, 'ok', NULL);
            INSERT INTO calls VALUES ('f', 1, 'score-pair', 'm', '{}', '[]', NULL, 0, NULL, NULL, 2, '2026-01-02T03:04:05.0000000+00:00', 0, 'failed', 'HTTP status 500');
            PRAGMA application_id = 0x524D544A;
            PRAGMA user_version = 1;
            """);
        using (TeacherJournal journal = new(folder["j.db"]))
        {
            Assert.AreEqual(Entry("k") with { Protocol = 1, InputTokens = 5, OutputTokens = 7 }, journal.Find("k"));
            Assert.IsNull(journal.Find("f"));
            Assert.AreEqual(3, journal.Write(Entry("f")).Attempts);
        }

        using TeacherJournal again = new(folder["j.db"]);
        Assert.AreEqual("reply", again.Find("f")!.Reply);
    }

    [TestMethod]
    [DataRow("DELETE FROM calls WHERE key = 'key 7'", "holds 199 calls and should hold 200")]
    [DataRow("UPDATE calls SET row_hash = zeroblob(32) WHERE key = 'key 7'", "not the ones that were written")]
    [DataRow("DELETE FROM completeness", "does not say how many")]
    public void Open_RowsLostBehindItsBack_IsRefused(string damage, string problem)
    {
        using TemporaryFolder folder = new();
        Fill(folder["j.db"], 200);
        Run(folder["j.db"], damage);

        StringAssert.Contains(Fails(folder["j.db"]), problem);
    }

    [TestMethod]
    public void Find_ReplyChangedBehindItsBack_IsRefused()
    {
        using TemporaryFolder folder = new();
        Fill(folder["j.db"], 3);
        Run(folder["j.db"], "UPDATE calls SET reply = 'forged' WHERE key = 'key 1'");
        using TeacherJournal journal = new(folder["j.db"]);

        Assert.AreEqual("reply", journal.Find("key 2")!.Reply);
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => journal.Find("key 1")).Message, "not what was written");
    }

    [TestMethod]
    public void Open_TruncatedAnywhere_IsWholeOrRefused()
    {
        using TemporaryFolder folder = new();
        Fill(folder["whole.db"], 400);
        byte[] whole = File.ReadAllBytes(folder["whole.db"]);
        Random random = new(20261123);
        int refused = 0;
        for (int i = 0; i < 200; i++)
        {
            string path = folder[$"{i}.db"];
            File.WriteAllBytes(path, whole.AsSpan(0, random.Next(1, whole.Length)));
            try
            {
                using TeacherJournal journal = new(path);
                Assert.IsTrue(Enumerable.Range(0, 400).All(k => journal.Find($"key {k}") is not null), "opened with rows missing");
            }
            catch (RewardModelingException)
            {
                refused++;
            }

            File.Delete(path);
        }

        Assert.AreEqual(200, refused);
    }

    [TestMethod]
    public void Open_EmptyFileBesideItsLog_IsRefused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["j.db"], []);
        File.WriteAllText(folder["j.db-wal"], "log");

        StringAssert.Contains(Fails(folder["j.db"]), "write-ahead log");
    }

    [TestMethod]
    public void Open_EmptyFile_IsRefusedAndStays()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["j.db"], []);

        RefusesUnchanged(folder["j.db"], "found an empty file");
        File.WriteAllBytes(folder["zero.db"], new byte[8192]);
        RefusesUnchanged(folder["zero.db"], "no SQLite database");
    }

    [TestMethod]
    public void Open_FileGoneButItsLogThere_IsRefused()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["j.db-wal"], "log");

        StringAssert.Contains(Fails(folder["j.db"]), "the file is missing");
        Assert.IsFalse(File.Exists(folder["j.db"]));
    }

    [TestMethod]
    public void Open_NewJournal_StandsWholeAtOnceAndLeavesNothingBeside()
    {
        using TemporaryFolder folder = new();
        Parallel.For(0, 4, _ =>
        {
            using TeacherJournal journal = new(folder["j.db"]);
            journal.Write(Entry("k"));
        });

        CollectionAssert.AreEqual(new[] { "j.db" }, Directory.GetFiles(folder.Path).Select(Path.GetFileName).ToArray());
        using TeacherJournal all = new(folder["j.db"]);
        Assert.IsNotNull(all.Find("k"));
    }

    [TestMethod]
    public void Open_LogCutAnywhere_IsWholeOrRefused()
    {
        using TemporaryFolder folder = new();
        byte[] file;
        byte[] log;
        byte[] count;
        using (TeacherJournal journal = new(folder["j.db"]))
        {
            for (int i = 0; i < 100; i++)
            {
                journal.Write(Entry($"key {i}"));
            }

            // As a kill leaves them.
            file = Shared(folder["j.db"]);
            log = Shared(folder["j.db-wal"]);
            count = Shared(folder["j.db-count"]);
        }

        Random random = new(20261123);
        int[] lengths = [0, 1, 32, .. Enumerable.Range(0, 100).Select(_ => random.Next(1, log.Length)), log.Length];
        int whole = 0;
        foreach (int length in lengths)
        {
            string path = folder[$"cut{length}.db"];
            File.WriteAllBytes(path, file);
            File.WriteAllBytes(path + "-wal", log[..length]);
            File.WriteAllBytes(path + "-count", count);
            try
            {
                using TeacherJournal journal = new(path);
                Assert.IsTrue(Enumerable.Range(0, 100).All(k => journal.Find($"key {k}") is not null), $"opened with rows missing, log of {length} bytes");
                whole++;
            }
            catch (RewardModelingException e)
            {
                StringAssert.Contains(e.Message, "write-ahead log was lost or cut short");
            }

            File.Delete(path);
        }

        // Behind the last commit may lie what an earlier round of the log left.
        Assert.IsGreaterThanOrEqualTo(1, whole);
        Assert.IsLessThan(10, whole);
    }

    [TestMethod]
    public void Open_AfterAnotherProcessDied_CountsWhatItHadInFlight()
    {
        using TemporaryFolder folder = new();
        using (TeacherJournal journal = new(folder["j.db"]))
        {
            foreach (string key in new[] { "lost", "answered", "failed" })
            {
                journal.Mark(Entry(key), DateTimeOffset.UnixEpoch);
            }

            journal.Write(Entry("answered"));
            journal.Unmark("failed");
            using TeacherJournal beside = new(folder["j.db"]);
            Assert.AreEqual(0, beside.Interrupted, "a run of a living process");

            // The process number of nobody, as after a kill.
            Run(folder["j.db"], "UPDATE runs SET process = 2147483000");
            using TeacherJournal next = new(folder["j.db"]);
            Assert.AreEqual(1, next.Interrupted);
            using TeacherJournal later = new(folder["j.db"]);
            Assert.AreEqual(0, later.Interrupted, "counted twice");
        }

        using TeacherJournalReader reader = TeacherJournalReader.Open(folder["j.db"]);
        TeacherJournalStatistics model = reader.Statistics().Single();
        Assert.AreEqual((1L, 0L), (model.Interrupted, model.InFlight));
    }

    [TestMethod]
    public void Write_Replacement_KeepsTheEarlierReplyUnderAnotherKey()
    {
        using TemporaryFolder folder = new();
        using TeacherJournal journal = new(folder["j.db"]);
        journal.Write(Entry("k"));
        journal.Write(Entry("k") with { Reply = "second" }, isReplacement: true);
        journal.Write(Entry("k") with { Reply = "third" }, isReplacement: true);

        Assert.AreEqual("third", journal.Find("k")!.Reply);
        Assert.AreEqual("reply", journal.Find("k#1")!.Reply);
        Assert.AreEqual("second", journal.Find("k#2")!.Reply);
        Assert.AreEqual("third", journal.Write(Entry("k") with { Reply = null, Failure = "HTTP status 500" }, isReplacement: true).Reply);
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

    private static byte[] Shared(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static void Fill(string path, int rows)
    {
        using TeacherJournal journal = new(path);
        for (int i = 0; i < rows; i++)
        {
            journal.Write(Entry($"key {i}"));
        }
    }

    private static void Run(string path, string sql)
    {
        using SqliteConnection connection = new($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
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
