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
    public static void Insert(SqliteConnection connection, SqliteTransaction transaction, JournalEntry entry)
    {
        byte[] hash = Hash(entry);
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"""
            INSERT INTO calls ({Columns}, status)
            VALUES ($key, $row_hash, $protocol, $task, $model, $settings, $request, $reply, $cut_off, $log_probabilities, $input_tokens,
                $output_tokens, $attempts, $started_at, $duration_ms, $failure, $status)
            """;
        SqliteParameterCollection parameters = command.Parameters;
        parameters.AddWithValue("$key", entry.Key);
        parameters.AddWithValue("$row_hash", hash);
        parameters.AddWithValue("$protocol", entry.Protocol);
        parameters.AddWithValue("$task", entry.Task);
        parameters.AddWithValue("$model", entry.Model);
        parameters.AddWithValue("$settings", entry.Settings);
        parameters.AddWithValue("$request", entry.Request);
        parameters.AddWithValue("$reply", (object?)entry.Reply ?? DBNull.Value);
        parameters.AddWithValue("$cut_off", entry.IsCutOff);
        parameters.AddWithValue("$log_probabilities", (object?)entry.LogProbabilities ?? DBNull.Value);
        parameters.AddWithValue("$input_tokens", (object?)entry.InputTokens ?? DBNull.Value);
        parameters.AddWithValue("$output_tokens", (object?)entry.OutputTokens ?? DBNull.Value);
        parameters.AddWithValue("$attempts", entry.Attempts);
        parameters.AddWithValue("$started_at", Time(entry));
        parameters.AddWithValue("$duration_ms", (long)entry.Duration.TotalMilliseconds);
        parameters.AddWithValue("$failure", (object?)entry.Failure ?? DBNull.Value);
        parameters.AddWithValue("$status", entry.Failure is null ? "ok" : "failed");
        command.ExecuteNonQuery();
        Enter(connection, transaction, 1, hash);
    }

    /// <summary>Takes a row out, so that a later outcome of the same request can stand in its place.</summary>
    public static void Delete(SqliteConnection connection, SqliteTransaction transaction, JournalEntry entry)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "DELETE FROM calls WHERE key = $key";
        command.Parameters.AddWithValue("$key", entry.Key);
        command.ExecuteNonQuery();
        Enter(connection, transaction, -1, Hash(entry));
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

    private static void Enter(SqliteConnection connection, SqliteTransaction transaction, int rows, byte[] hash)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT digest FROM completeness";
        byte[] digest = (byte[])command.ExecuteScalar()!;
        Xor(digest, hash);
        command.CommandText = "UPDATE completeness SET rows = rows + $rows, digest = $digest";
        command.Parameters.AddWithValue("$rows", rows);
        command.Parameters.AddWithValue("$digest", digest);
        command.ExecuteNonQuery();
    }

    private static string Time(JournalEntry entry) => entry.StartedAt.ToString("O", CultureInfo.InvariantCulture);
}
