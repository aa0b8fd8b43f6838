using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// The tables of a journal. Beside the calls stands one row that says how many there are and what their hashes add up to
/// (exclusive or, so that order does not matter): a journal that lost rows in any way is noticed.
/// </summary>
internal static class JournalSchema
{
    /// <summary>1: calls. 2: log-probabilities, a hash of each row, and the completeness row.</summary>
    public const int Version = 2;

    public static void Create(SqliteConnection connection, SqliteTransaction transaction)
    {
        JournalFile.Execute(connection, """
            CREATE TABLE calls (
                key TEXT PRIMARY KEY,
                row_hash BLOB NOT NULL,
                protocol INTEGER NOT NULL,
                task TEXT NOT NULL,
                model TEXT NOT NULL,
                settings TEXT NOT NULL,
                request TEXT NOT NULL,
                reply TEXT,
                cut_off INTEGER NOT NULL,
                log_probabilities TEXT,
                input_tokens INTEGER,
                output_tokens INTEGER,
                attempts INTEGER NOT NULL,
                started_at TEXT NOT NULL,
                duration_ms INTEGER NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('ok', 'failed')),
                failure TEXT
            );
            CREATE TABLE completeness (rows INTEGER NOT NULL, digest BLOB NOT NULL);
            INSERT INTO completeness VALUES (0, zeroblob(32));
            """, transaction);
        JournalFile.Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Version}"), transaction);
    }

    /// <summary>Brings a journal of version 1 up to date, in the transaction in which its version was read.</summary>
    public static void MigrateFrom1(SqliteConnection connection, SqliteTransaction transaction)
    {
        JournalFile.Execute(connection, "ALTER TABLE calls RENAME TO calls_1", transaction);
        Create(connection, transaction);
        using (SqliteCommand command = connection.CreateCommand())
        {
            command.CommandText = "SELECT key, NULL, protocol, task, model, settings, request, reply, cut_off, NULL, input_tokens, output_tokens, attempts, "
                + "started_at, duration_ms, failure FROM calls_1";
            command.Transaction = transaction;
            using SqliteDataReader reader = command.ExecuteReader();
            while (reader.Read())
            {
                JournalRow.Insert(connection, transaction, JournalRow.Read(reader));
            }
        }

        JournalFile.Execute(connection, "DROP TABLE calls_1", transaction);
    }

    /// <summary>What is wrong with the number and the hashes of the rows; null when nothing is.</summary>
    public static string? FindGap(SqliteConnection connection, SqliteTransaction? transaction)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT rows, digest FROM completeness";
        command.Transaction = transaction;
        long expected;
        byte[] digest;
        using (SqliteDataReader reader = command.ExecuteReader())
        {
            if (!reader.Read() || reader.GetValue(1) is not byte[] { Length: 32 } stored)
            {
                return "it does not say how many calls it should hold";
            }

            (expected, digest) = (reader.GetInt64(0), stored);
        }

        long rows = 0;
        command.CommandText = "SELECT row_hash FROM calls";
        using (SqliteDataReader reader = command.ExecuteReader())
        {
            for (; reader.Read(); rows++)
            {
                JournalRow.Xor(digest, reader.GetValue(0) as byte[] ?? []);
            }
        }

        return rows != expected ? string.Create(CultureInfo.InvariantCulture, $"it holds {rows} calls and should hold {expected}")
            : digest.AsSpan().ContainsAnyExcept((byte)0) ? "its calls are not the ones that were written"
            : null;
    }
}
