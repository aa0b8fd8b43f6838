using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>One row of the table of calls: read, written, and its hash.</summary>
internal static class JournalRow
{
    /// <summary>The columns in the order in which <see cref="Read"/> wants them.</summary>
    public const string Columns = "key, row_hash, protocol, task, model, settings, request, reply, cut_off, log_probabilities, input_tokens, "
        + "output_tokens, attempts, started_at, duration_ms, failure";

    private const string InsertSql = $"""
        INSERT INTO calls ({Columns}, status)
        VALUES ($key, $row_hash, $protocol, $task, $model, $settings, $request, $reply, $cut_off, $log_probabilities, $input_tokens,
            $output_tokens, $attempts, $started_at, $duration_ms, $failure, $status)
        """;

    public static JournalEntry Read(SqliteDataReader reader) => new()
    {
        Key = reader.GetString(0),
        Protocol = reader.GetInt32(2),
        Task = reader.GetString(3),
        Model = reader.GetString(4),
        Settings = reader.GetString(5),
        Request = reader.GetString(6),
        Reply = reader.IsDBNull(7) ? null : reader.GetString(7),
        IsCutOff = reader.GetBoolean(8),
        LogProbabilities = reader.IsDBNull(9) ? null : reader.GetString(9),
        InputTokens = reader.IsDBNull(10) ? null : reader.GetInt64(10),
        OutputTokens = reader.IsDBNull(11) ? null : reader.GetInt64(11),
        Attempts = reader.GetInt32(12),
        StartedAt = DateTimeOffset.Parse(reader.GetString(13), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        Duration = TimeSpan.FromMilliseconds(reader.GetInt64(14)),
        Failure = reader.IsDBNull(15) ? null : reader.GetString(15),
    };

    /// <summary>Whether the row is still what was written.</summary>
    public static bool IsIntact(SqliteDataReader reader, JournalEntry entry) => reader.GetValue(1) is byte[] hash && hash.AsSpan().SequenceEqual(Hash(entry));

    /// <summary>Adds a row and enters it in the completeness row.</summary>
    /// <returns>The number of changes that the journal has seen.</returns>
    public static long Insert(JournalStatements journal, JournalEntry entry)
    {
        byte[] hash = Hash(entry);
        journal.Execute(
            InsertSql,
            ("$key", entry.Key),
            ("$row_hash", hash),
            ("$protocol", entry.Protocol),
            ("$task", entry.Task),
            ("$model", entry.Model),
            ("$settings", entry.Settings),
            ("$request", entry.Request),
            ("$reply", entry.Reply),
            ("$cut_off", entry.IsCutOff),
            ("$log_probabilities", entry.LogProbabilities),
            ("$input_tokens", entry.InputTokens),
            ("$output_tokens", entry.OutputTokens),
            ("$attempts", entry.Attempts),
            ("$started_at", Time(entry)),
            ("$duration_ms", (long)entry.Duration.TotalMilliseconds),
            ("$failure", entry.Failure),
            ("$status", entry.Failure is null ? "ok" : "failed"));
        return Enter(journal, 1, hash);
    }

    /// <summary>Takes a row out, so that a later outcome of the same request can stand in its place.</summary>
    public static void Delete(JournalStatements journal, JournalEntry entry)
    {
        journal.Execute("DELETE FROM calls WHERE key = $key", ("$key", entry.Key));
        Enter(journal, -1, Hash(entry));
    }

    /// <summary>SHA-256 over every field.</summary>
    public static byte[] Hash(JournalEntry entry) => SHA256.HashData(Json.ToBytes(writer =>
    {
        writer.WriteStartArray();
        writer.WriteStringValue(entry.Key);
        writer.WriteNumberValue(entry.Protocol);
        writer.WriteStringValue(entry.Task);
        writer.WriteStringValue(entry.Model);
        writer.WriteStringValue(entry.Settings);
        writer.WriteStringValue(entry.Request);
        writer.WriteStringValue(entry.Reply);
        writer.WriteBooleanValue(entry.IsCutOff);
        writer.WriteStringValue(entry.LogProbabilities);
        writer.WriteNumberValue(entry.InputTokens ?? -1);
        writer.WriteNumberValue(entry.OutputTokens ?? -1);
        writer.WriteNumberValue(entry.Attempts);
        writer.WriteStringValue(Time(entry));
        writer.WriteNumberValue((long)entry.Duration.TotalMilliseconds);
        writer.WriteStringValue(entry.Failure);
        writer.WriteEndArray();
    }));

    public static void Xor(Span<byte> digest, ReadOnlySpan<byte> hash)
    {
        for (int i = 0; i < Math.Min(digest.Length, hash.Length); i++)
        {
            digest[i] ^= hash[i];
        }
    }

    private static long Enter(JournalStatements journal, int rows, byte[] hash)
    {
        byte[] digest;
        long writes;
        using (SqliteDataReader reader = journal.Query("SELECT digest, writes FROM completeness"))
        {
            // A journal that has lost this row is refused when it is opened.
            reader.Read();
            (digest, writes) = ((byte[])reader.GetValue(0), reader.GetInt64(1) + 1);
        }

        Xor(digest, hash);
        journal.Execute("UPDATE completeness SET rows = rows + $rows, digest = $digest, writes = $writes", ("$rows", rows), ("$digest", digest), ("$writes", writes));
        return writes;
    }

    private static string Time(JournalEntry entry) => entry.StartedAt.ToString("O", CultureInfo.InvariantCulture);
}
