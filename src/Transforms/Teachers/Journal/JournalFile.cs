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

    public static SqliteConnection Open(string path)
    {
        RefuseOtherFormats(path);
        SqliteConnection connection = new(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = BusySeconds,
            Pooling = false,
        }.ConnectionString);
        try
        {
            connection.Open();
            Check(connection, path);

            // With WAL and NORMAL a commit survives the end of the process at any moment; only a power failure may lose the last ones.
            Execute(connection, "PRAGMA journal_mode = WAL");
            Execute(connection, "PRAGMA synchronous = NORMAL");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
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

    private static void RefuseOtherFormats(string path)
    {
        if (Directory.Exists(path))
        {
            throw new RewardModelingException($"{path}: found a folder, expected a journal file. Name a file, for example "
                + $"{Path.Combine(path, "teacher-journal.db")}.");
        }

        if (!File.Exists(path))
        {
            return;
        }

        if (new FileInfo(path).Length == 0)
        {
            // SQLite would throw the log away as not belonging to the empty file.
            if (File.Exists(path + "-wal") && new FileInfo(path + "-wal").Length > 0)
            {
                throw Corrupt(path, "the file is empty, but its write-ahead log is not", null);
            }

            return;
        }

        byte[] start = new byte[16];
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{path}: the journal cannot be read ({e.Message}). Check the file's permissions, or "
                + "choose another journal.", e);
        }

        if (!start.AsSpan().SequenceEqual("SQLite format 3\0"u8))
        {
            throw new RewardModelingException($"{path}: found a file that is no SQLite database, expected a teacher journal. It was not "
                + "changed; choose another path for the journal.");
        }
    }

    private static void Check(SqliteConnection connection, string path)
    {
        if (Scalar(connection, "PRAGMA quick_check(1)") is not "ok" and var problem)
        {
            throw Corrupt(path, Convert.ToString(problem, CultureInfo.InvariantCulture)!, null);
        }

        // Creating is one transaction, so a file is either an empty database or a complete journal.
        bool isCurrent = HasJournalMark(connection) && (long)Scalar(connection, "PRAGMA user_version")! == JournalSchema.Version;
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: isCurrent);
        long version = (long)Scalar(connection, "PRAGMA user_version", transaction)!;
        if (HasJournalMark(connection, transaction))
        {
            Upgrade(connection, transaction, path, version);
            if (JournalSchema.FindGap(connection, transaction) is { } gap)
            {
                throw Corrupt(path, gap, null);
            }
        }
        else if (version == 0 && (long)Scalar(connection, "SELECT COUNT(*) FROM sqlite_master", transaction)! == 0
            && (long)Scalar(connection, "PRAGMA application_id", transaction)! == 0)
        {
            JournalSchema.Create(connection, transaction);
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"), transaction);
        }
        else
        {
            throw new RewardModelingException($"{path}: found a SQLite database of another program, expected a teacher journal. It was "
                + "not changed; choose another path for the journal.");
        }

        transaction.Commit();
    }

    private static void Upgrade(SqliteConnection connection, SqliteTransaction transaction, string path, long version)
    {
        switch (version)
        {
            case JournalSchema.Version:
                break;
            case 1:
                JournalSchema.MigrateFrom1(connection, transaction);
                break;
            default:
                throw new RewardModelingException(
                    $"{path}: found a journal of schema version {version}, expected at most {JournalSchema.Version}. It was written by a newer "
                        + "version of this library: use that one, or choose another journal.");
        }
    }

    private static bool HasJournalMark(SqliteConnection connection, SqliteTransaction? transaction = null)
        => (long)Scalar(connection, "PRAGMA application_id", transaction)! == ApplicationId;

    public static RewardModelingException Corrupt(string path, string problem, Exception? cause) => new(
        $"{path}: the journal is damaged ({problem}). It was not changed; restore a copy, save what is left with 'sqlite3 "
            + $"{Path.GetFileName(path)} .recover', or choose another journal.", cause!);

    public static void Execute(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        return command.ExecuteScalar();
    }
}
