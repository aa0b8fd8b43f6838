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
    public JournalEntry? Find(string key) => Run(connection => Find(connection, null, key)) is { Failure: null } answered ? answered : null;

    /// <summary>The request with this key if all its attempts failed.</summary>
    public JournalEntry? FindFailed(string key) => Run(connection => Find(connection, null, key)) is { Failure: not null } failed ? failed : null;

    /// <summary>
    /// Commits a request and its outcome. If another process has answered it meanwhile, that answer stays.
    /// </summary>
    /// <returns>The answer that the journal holds now: the same for everybody who asks.</returns>
    public JournalEntry Write(JournalEntry entry) => Run(connection =>
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        switch (Find(connection, transaction, entry.Key))
        {
            case { Failure: null } answered:
                return answered;
            case { } failed:
                JournalRow.Delete(connection, transaction, failed);
                entry = entry with { Attempts = failed.Attempts + entry.Attempts };
                break;
        }

        JournalRow.Insert(connection, transaction, entry);
        transaction.Commit();
        return entry;
    });

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

    private JournalEntry? Find(SqliteConnection connection, SqliteTransaction? transaction, string key)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"SELECT {JournalRow.Columns} FROM calls WHERE key = $key";
        command.Parameters.AddWithValue("$key", key);
        using SqliteDataReader reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return null;
        }

        JournalEntry entry = JournalRow.Read(reader);
        return JournalRow.IsIntact(reader, entry) ? entry : throw JournalFile.Corrupt(_path, $"the call {key} is not what was written", null);
    }

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
