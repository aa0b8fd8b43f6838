using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// The record of everything a teacher was asked and paid for: SQLite in WAL mode, one row a request. A reply counts only
/// when it is committed here, so a killed run loses at most the requests in flight. A second process may use the same file.
/// </summary>
internal sealed class TeacherJournal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private SqliteConnection? _connection;
    private bool _isDisposed;

    public TeacherJournal(string path)
    {
        _path = Path.GetFullPath(path);
    }

    /// <summary>The request with this key if it was answered; a failed one is not found, so that it is tried again.</summary>
    public JournalEntry? Find(string key) => Run(connection =>
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT task, model, settings, request, reply, cut_off, input_tokens, output_tokens, attempts, "
            + "started_at, duration_ms FROM calls WHERE key = $key AND status = 'ok'";
        command.Parameters.AddWithValue("$key", key);
        using SqliteDataReader reader = command.ExecuteReader();
        return reader.Read() ? Read(key, reader) : null;
    });

    /// <summary>
    /// Commits a request and its outcome. If another process has answered it meanwhile, that answer stays.
    /// </summary>
    /// <returns>The answer that the journal holds now: the same for everybody who asks.</returns>
    public JournalEntry Write(JournalEntry entry)
    {
        Run(connection =>
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = """
                INSERT INTO calls (key, protocol, task, model, settings, request, reply, cut_off, input_tokens, output_tokens, attempts, started_at, duration_ms, status, failure)
                VALUES ($key, $protocol, $task, $model, $settings, $request, $reply, $cut_off, $input_tokens, $output_tokens, $attempts, $started_at, $duration_ms, $status, $failure)
                ON CONFLICT (key) DO UPDATE SET reply = excluded.reply, cut_off = excluded.cut_off, input_tokens = excluded.input_tokens,
                    output_tokens = excluded.output_tokens, attempts = calls.attempts + excluded.attempts, started_at = excluded.started_at,
                    duration_ms = excluded.duration_ms, status = excluded.status, failure = excluded.failure
                WHERE calls.status <> 'ok'
                """;
            SqliteParameterCollection parameters = command.Parameters;
            parameters.AddWithValue("$key", entry.Key);
            parameters.AddWithValue("$protocol", TeacherProtocol.Version);
            parameters.AddWithValue("$task", entry.Task);
            parameters.AddWithValue("$model", entry.Model);
            parameters.AddWithValue("$settings", entry.Settings);
            parameters.AddWithValue("$request", entry.Request);
            parameters.AddWithValue("$reply", (object?)entry.Reply ?? DBNull.Value);
            parameters.AddWithValue("$cut_off", entry.IsCutOff);
            parameters.AddWithValue("$input_tokens", (object?)entry.InputTokens ?? DBNull.Value);
            parameters.AddWithValue("$output_tokens", (object?)entry.OutputTokens ?? DBNull.Value);
            parameters.AddWithValue("$attempts", entry.Attempts);
            parameters.AddWithValue("$started_at", entry.StartedAt.ToString("O", CultureInfo.InvariantCulture));
            parameters.AddWithValue("$duration_ms", (long)entry.Duration.TotalMilliseconds);
            parameters.AddWithValue("$status", entry.Failure is null ? "ok" : "failed");
            parameters.AddWithValue("$failure", (object?)entry.Failure ?? DBNull.Value);
            return command.ExecuteNonQuery();
        });
        return Find(entry.Key) ?? entry;
    }

    /// <summary>Opens the file, so that a path that cannot be used fails before the first call is paid.</summary>
    public void Open() => Run(_ => 0);

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _connection?.Dispose();
            _connection = null;
        }
    }

    private static JournalEntry Read(string key, SqliteDataReader reader) => new()
    {
        Key = key,
        Task = reader.GetString(0),
        Model = reader.GetString(1),
        Settings = reader.GetString(2),
        Request = reader.GetString(3),
        Reply = reader.GetString(4),
        IsCutOff = reader.GetBoolean(5),
        InputTokens = reader.IsDBNull(6) ? null : reader.GetInt64(6),
        OutputTokens = reader.IsDBNull(7) ? null : reader.GetInt64(7),
        Attempts = reader.GetInt32(8),
        StartedAt = DateTimeOffset.Parse(reader.GetString(9), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        Duration = TimeSpan.FromMilliseconds(reader.GetInt64(10)),
    };

    private T Run<T>(Func<SqliteConnection, T> work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            try
            {
                _connection ??= JournalFile.Open(_path);
                return work(_connection);
            }
            catch (SqliteException e)
            {
                throw JournalFile.Refused(_path, e);
            }
        }
    }
}
