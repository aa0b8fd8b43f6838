using Microsoft.Data.Sqlite;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Reads the journal of a teacher: what was asked, answered and paid for. It may be read while a run writes it. Not
/// thread-safe.
/// </summary>
public sealed class TeacherJournalReader : IDisposable
{
    private readonly string _path;
    private readonly JournalStatements _journal;

    private TeacherJournalReader(string path, JournalStatements journal)
    {
        _path = path;
        _journal = journal;
    }

    /// <summary>Opens a journal that is there; one of an older schema is brought up to date.</summary>
    /// <param name="path">The journal's file.</param>
    /// <exception cref="RewardModelingException">There is none, it is another program's file, or it is damaged.</exception>
    public static TeacherJournalReader Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        path = Path.GetFullPath(path);
        if (!File.Exists(path) && !File.Exists(path + "-wal"))
        {
            throw new RewardModelingException($"{path}: found no journal there. Name the file that a run was given as its journal.");
        }

        JournalStatements journal = JournalFile.Open(path);
        try
        {
            JournalRuns.Sweep(journal);
            return new TeacherJournalReader(path, journal);
        }
        catch (SqliteException e)
        {
            journal.Dispose();
            throw JournalFile.Refused(path, e);
        }
    }

    /// <summary>What the journal holds, by model in the order of their names.</summary>
    public IReadOnlyList<TeacherJournalStatistics> Statistics()
    {
        SortedDictionary<string, TeacherJournalStatistics> models = new(StringComparer.Ordinal);
        foreach (SqliteDataReader row in Rows(
            "SELECT model, task, failure, COUNT(*), SUM(attempts), SUM(input_tokens), SUM(output_tokens) FROM calls GROUP BY model, task, failure", null))
        {
            string model = row.GetString(0);
            TeacherJournalStatistics known = models.GetValueOrDefault(model) ?? Empty(model);
            long count = row.GetInt64(3);
            bool isReply = row.IsDBNull(2);
            IDictionary<string, long> counts = (IDictionary<string, long>)(isReply ? known.Tasks : known.Failures);
            string name = row.GetString(isReply ? 1 : 2);
            counts[name] = (counts.TryGetValue(name, out long before) ? before : 0) + count;
            models[model] = known with
            {
                Replies = known.Replies + (isReply ? count : 0),
                Attempts = known.Attempts + row.GetInt64(4),
                InputTokens = known.InputTokens + (row.IsDBNull(5) ? 0 : row.GetInt64(5)),
                OutputTokens = known.OutputTokens + (row.IsDBNull(6) ? 0 : row.GetInt64(6)),
            };
        }

        foreach (SqliteDataReader row in Rows(
            "SELECT model, SUM(gone), SUM(1 - gone) FROM (SELECT model, 1 AS gone FROM interrupted UNION ALL SELECT model, 0 FROM in_flight) GROUP BY model", null))
        {
            string model = row.GetString(0);
            models[model] = (models.GetValueOrDefault(model) ?? Empty(model)) with { Interrupted = row.GetInt64(1), InFlight = row.GetInt64(2) };
        }

        return [.. models.Values];
    }

    /// <summary>The calls whose key begins so, in the order of their keys.</summary>
    /// <param name="keyPrefix">The beginning of a key; empty for all calls.</param>
    /// <exception cref="RewardModelingException">A call is not what was written.</exception>
    public IEnumerable<TeacherCall> Calls(string keyPrefix = "")
    {
        ArgumentNullException.ThrowIfNull(keyPrefix);
        foreach (SqliteDataReader row in Rows($"SELECT {JournalRow.Columns} FROM calls WHERE substr(key, 1, length($prefix)) = $prefix ORDER BY key", keyPrefix))
        {
            JournalEntry entry = JournalRow.Read(row);
            if (!JournalRow.IsIntact(row, entry))
            {
                throw JournalFile.Corrupt(_path, $"the call {entry.Key} is not what was written", null);
            }

            yield return Call(entry);
        }
    }

    /// <summary>Checks the whole file, the number of calls and every single one against its hash.</summary>
    /// <returns>The number of calls checked.</returns>
    /// <exception cref="RewardModelingException">Something is not what was written; the message says what.</exception>
    public long Verify()
    {
        foreach (SqliteDataReader row in Rows("PRAGMA integrity_check(1)", null))
        {
            if (row.GetString(0) is not "ok" and var problem)
            {
                throw JournalFile.Corrupt(_path, problem, null);
            }
        }

        _journal.Execute("BEGIN");
        try
        {
            return JournalSchema.FindGap(_journal, writes: 0) is { } gap ? throw JournalFile.Corrupt(_path, gap, null) : Calls().LongCount();
        }
        finally
        {
            _journal.Execute("COMMIT");
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => JournalFile.Close(_path, _journal);

    private static TeacherJournalStatistics Empty(string model)
        => new(model, 0, 0, 0, 0, new SortedDictionary<string, long>(StringComparer.Ordinal), new SortedDictionary<string, long>(StringComparer.Ordinal));

    private static TeacherCall Call(JournalEntry entry) => new()
    {
        Key = entry.Key,
        Task = entry.Task,
        Model = entry.Model,
        Protocol = entry.Protocol,
        Settings = entry.Settings,
        Request = entry.Request,
        Reply = entry.Reply,
        IsCutOff = entry.IsCutOff,
        LogProbabilities = TokenLogProbabilities.FromJson(entry.LogProbabilities),
        InputTokens = entry.InputTokens,
        OutputTokens = entry.OutputTokens,
        Attempts = entry.Attempts,
        StartedAt = entry.StartedAt,
        Duration = entry.Duration,
        Failure = entry.Failure,
    };

    private IEnumerable<SqliteDataReader> Rows(string sql, string? prefix)
    {
        using SqliteDataReader reader = Read(sql, prefix);
        while (Advance(reader))
        {
            yield return reader;
        }
    }

    private SqliteDataReader Read(string sql, string? prefix)
    {
        try
        {
            return prefix is null ? _journal.Query(sql) : _journal.Query(sql, ("$prefix", prefix));
        }
        catch (SqliteException e)
        {
            throw JournalFile.Refused(_path, e);
        }
    }

    private bool Advance(SqliteDataReader reader)
    {
        try
        {
            return reader.Read();
        }
        catch (SqliteException e)
        {
            throw JournalFile.Refused(_path, e);
        }
    }
}
