using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>Opens and creates journal files; refuses every file that is not one, without changing it.</summary>
internal static class JournalFile
{
    /// <summary>"RMTJ": marks a SQLite file as a journal of this library.</summary>
    private const int ApplicationId = 0x524D544A;

    // Connections wait this long for another process that writes.
    private const int BusySeconds = 30;

    public static JournalStatements Open(string path)
    {
        RefuseOtherFormats(path);
        try
        {
            if (!File.Exists(path))
            {
                Create(path);
            }

            return Prepare(path, journal =>
            {
                // Read before the journal: what was committed until then must be in it.
                long writes = JournalWitness.Read(path);
                Check(journal, path, writes);

                // With WAL and NORMAL a commit survives the end of the process at any moment; only a power failure may lose the last ones.
                journal.Execute("PRAGMA journal_mode = WAL");
                journal.Execute("PRAGMA synchronous = NORMAL");
            });
        }
        catch (SqliteException e)
        {
            throw Refused(path, e);
        }
    }

    public static void Close(string path, JournalStatements journal)
    {
        journal.Dispose();
        JournalWitness.Remove(path);
    }

    public static RewardModelingException Refused(string path, SqliteException exception) => exception.SqliteErrorCode switch
    {
        5 or 6 => new RewardModelingException(
            $"{path}: another process has kept the journal locked for {BusySeconds} s. Wait until it ends, or choose another "
                + "journal.", exception),
        8 or 14 or 23 => new RewardModelingException(
            $"{path}: the journal cannot be opened for writing ({exception.Message}). Expected a writable file in a folder that exists: "
                + $"create {Path.GetDirectoryName(path)}, or choose another place.", exception),
        13 => new RewardModelingException($"{path}: no space is left for the journal. Free some; the run goes on from "
            + "here.", exception) { CanResume = true },
        11 or 26 => Corrupt(path, exception.Message, exception),
        _ => new RewardModelingException($"{path}: the journal cannot be used ({exception.Message}). Check the disk, or choose another "
            + "journal.", exception),
    };

    public static RewardModelingException Corrupt(string path, string problem, Exception? cause) => new(
        $"{path}: the journal is damaged ({problem}). It was not changed; restore a copy, save what is left with 'sqlite3 "
            + $"{Path.GetFileName(path)} .recover', or choose another journal.", cause!);

    private static void RefuseOtherFormats(string path)
    {
        if (Directory.Exists(path))
        {
            throw new RewardModelingException($"{path}: found a folder, expected a journal file. Name a file, for example "
                + $"{Path.Combine(path, "teacher-journal.db")}.");
        }

        bool exists = File.Exists(path);
        if ((!exists || new FileInfo(path).Length == 0) && File.Exists(path + "-wal") && new FileInfo(path + "-wal").Length > 0)
        {
            // SQLite would throw the log away, or take it for that of a new file.
            throw Corrupt(path, $"the file is {(exists ? "empty" : "missing")}, but its write-ahead log is not", null);
        }

        if (!exists)
        {
            return;
        }

        byte[] start = new byte[16];
        int length;
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{path}: the journal cannot be read ({e.Message}). Check the file's permissions, or "
                + "choose another journal.", e);
        }

        if (length == 0)
        {
            // A new journal is made whole under another name, so this is none that was just begun.
            throw new RewardModelingException($"{path}: found an empty file, expected a teacher journal or none. If a journal stood here, "
                + "restore a copy of it; if not, delete the empty file, and a new journal is made.");
        }

        if (!start.AsSpan().SequenceEqual("SQLite format 3\0"u8))
        {
            throw new RewardModelingException($"{path}: found a file that is no SQLite database, expected a teacher journal. It was not "
                + "changed; choose another path for the journal.");
        }
    }

    /// <summary>Under another name first: at no moment stands an unfinished journal under its own.</summary>
    private static void Create(string path)
    {
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            throw new RewardModelingException($"{path}: the journal cannot be opened for writing, because its folder does not exist. Create "
                + $"{Path.GetDirectoryName(path)}, or choose another place.");
        }

        string unfinished = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}-{Path.GetRandomFileName()}");
        try
        {
            Prepare(unfinished, journal => journal.Write(() =>
            {
                JournalSchema.Create(journal);
                journal.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
                return 0;
            })).Dispose();
            File.Delete(JournalWitness.PathOf(path));
            File.Move(unfinished, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster; its journal is as good.
        }
        catch (UnauthorizedAccessException e)
        {
            throw new RewardModelingException($"{path}: the journal cannot be made ({e.Message}). Check the folder's permissions, or choose another place.", e);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private static JournalStatements Prepare(string path, Action<JournalStatements> work)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = BusySeconds,
            Pooling = false,
        }.ConnectionString);
        JournalStatements journal = new(connection);
        try
        {
            connection.Open();

            // SQLite's own waiting looks again sooner than the provider's.
            journal.Execute("PRAGMA busy_timeout = 5000");
            work(journal);
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    private static void Check(JournalStatements journal, string path, long writes)
    {
        if (journal.Scalar("PRAGMA quick_check(1)") is not "ok" and var problem)
        {
            throw Corrupt(path, Convert.ToString(problem, CultureInfo.InvariantCulture)!, null);
        }

        if (!HasJournalMark(journal))
        {
            throw new RewardModelingException($"{path}: found a SQLite database of another program, expected a teacher journal. It was "
                + "not changed; choose another path for the journal.");
        }

        if (VersionOf(journal) != JournalSchema.Version)
        {
            journal.Write(() => Upgrade(journal, path));
        }

        // In one transaction, so that what another process writes meanwhile is not taken for a gap.
        journal.Execute("BEGIN");
        string? gap = JournalSchema.FindGap(journal, writes);
        journal.Execute("COMMIT");
        if (gap is not null)
        {
            throw Corrupt(path, writes > 0 && gap.Contains("write-ahead log", StringComparison.Ordinal)
                ? $"{gap}; to go on with what is left, delete {JournalWitness.PathOf(path)}" : gap, null);
        }
    }

    private static long Upgrade(JournalStatements journal, string path)
    {
        long version = VersionOf(journal);
        if (version is < 1 or > JournalSchema.Version)
        {
            throw new RewardModelingException(
                $"{path}: found a journal of schema version {version}, expected at most {JournalSchema.Version}. It was written by a newer "
                    + "version of this library: use that one, or choose another journal.");
        }

        // Another process may have done it while this one waited for the lock.
        if (version < JournalSchema.Version)
        {
            JournalSchema.Migrate(journal, version);
        }

        return version;
    }

    private static bool HasJournalMark(JournalStatements journal) => (long)journal.Scalar("PRAGMA application_id")! == ApplicationId;

    private static long VersionOf(JournalStatements journal) => (long)journal.Scalar("PRAGMA user_version")!;
}
