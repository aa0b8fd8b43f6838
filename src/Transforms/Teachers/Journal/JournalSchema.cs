using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// The tables of a journal. Beside the calls stands one row that says how many there are, what their hashes add up to
/// (exclusive or, so that order does not matter) and how many changes were made: a journal that lost rows in any way is noticed.
/// </summary>
internal static class JournalSchema
{
    /// <summary>
    /// 1: calls. 2: log-probabilities, a hash of each row, and the completeness row. 3: calls in flight, and those that were
    /// in flight when a run was killed; the completeness row counts changes.
    /// </summary>
    public const int Version = 3;

    private const string Calls = """
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
        CREATE TABLE completeness (rows INTEGER NOT NULL, digest BLOB NOT NULL, writes INTEGER NOT NULL);
        INSERT INTO completeness VALUES (0, zeroblob(32), 0);
        """;

    private const string Runs = """
        CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, process INTEGER NOT NULL, process_started TEXT NOT NULL);
        CREATE TABLE in_flight (run INTEGER NOT NULL, key TEXT NOT NULL, task TEXT NOT NULL, model TEXT NOT NULL, sent_at TEXT NOT NULL, PRIMARY KEY (run, key)) WITHOUT ROWID;
        CREATE TABLE interrupted (key TEXT NOT NULL, task TEXT NOT NULL, model TEXT NOT NULL, sent_at TEXT NOT NULL);
        """;

    public static void Create(JournalStatements journal)
    {
        journal.Execute(Calls);
        journal.Execute(Runs);
        SetVersion(journal);
    }

    /// <summary>Brings a journal of an older version up to date, in the transaction in which its version was read.</summary>
    public static void Migrate(JournalStatements journal, long version)
    {
        if (version == 1)
        {
            MigrateFrom1(journal);
        }
        else
        {
            journal.Execute("ALTER TABLE completeness ADD COLUMN writes INTEGER NOT NULL DEFAULT 0");
            journal.Execute("UPDATE completeness SET writes = rows");
        }

        journal.Execute(Runs);
        SetVersion(journal);
    }

    /// <summary>What is wrong with the number and the hashes of the rows; null when nothing is.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="writes">Changes that are known to have been made; 0 where nothing is known.</param>
    public static string? FindGap(JournalStatements journal, long writes)
    {
        long expected;
        byte[] digest;
        long made;
        using (SqliteDataReader reader = journal.Query("SELECT rows, digest, writes FROM completeness"))
        {
            if (!reader.Read() || reader.GetValue(1) is not byte[] { Length: 32 } stored)
            {
                return "it does not say how many calls it should hold";
            }

            (expected, digest, made) = (reader.GetInt64(0), stored, reader.GetInt64(2));
        }

        if (made < writes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"its write-ahead log was lost or cut short: {writes} changes were committed, {made} are there");
        }

        long rows = 0;
        using (SqliteDataReader reader = journal.Query("SELECT row_hash FROM calls"))
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

    private static void MigrateFrom1(JournalStatements journal)
    {
        journal.Execute("ALTER TABLE calls RENAME TO calls_1");
        journal.Execute(Calls);
        using (SqliteDataReader reader = journal.Query(
            "SELECT key, NULL, protocol, task, model, settings, request, reply, cut_off, NULL, input_tokens, output_tokens, attempts, started_at, duration_ms, failure FROM calls_1"))
        {
            while (reader.Read())
            {
                JournalRow.Insert(journal, JournalRow.Read(reader));
            }
        }

        journal.Execute("DROP TABLE calls_1");
    }

    private static void SetVersion(JournalStatements journal) => journal.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Version}"));
}
