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
    private JournalStatements? _journal;
    private JournalWitness? _witness;
    private long? _run;
    private int _interrupted;
    private bool _isDisposed;

    public TeacherJournal(string path)
    {
        _path = Path.GetFullPath(path);
    }

    /// <summary>The request with this key, answered or failed.</summary>
    public JournalEntry? Look(string key) => Run(journal => Find(journal, key));

    /// <summary>The request with this key if it was answered; a failed one is not found, so that it is tried again.</summary>
    public JournalEntry? Find(string key) => Look(key) is { Failure: null } answered ? answered : null;

    /// <summary>Calls that were in flight when earlier runs were killed, as noticed when this journal was opened.</summary>
    public int Interrupted => Run(_ => _interrupted);

    /// <summary>Notes that a call is about to be sent.</summary>
    public void Mark(JournalEntry entry, DateTimeOffset now) => Run(journal =>
    {
        if (_run is null)
        {
            _run = journal.Write(() =>
            {
                long run = JournalRuns.Register(journal);
                JournalRuns.Mark(journal, run, entry, now);
                return run;
            });
        }
        else
        {
            JournalRuns.Mark(journal, _run.Value, entry, now);
        }

        return 0;
    });

    /// <summary>Notes that a call ended without a reply.</summary>
    public void Unmark(string key) => Run(journal =>
    {
        if (_run is { } run)
        {
            JournalRuns.Unmark(journal, run, key);
        }

        return 0;
    });

    /// <summary>
    /// Commits a request and its outcome. If another process has answered it meanwhile, that answer stays.
    /// </summary>
    /// <param name="entry">The request and its outcome.</param>
    /// <param name="isReplacement">A reply takes the place of an earlier one, which stays under another key.</param>
    /// <returns>The answer that the journal holds now: the same for everybody who asks.</returns>
    public JournalEntry Write(JournalEntry entry, bool isReplacement = false) => Run(journal =>
    {
        (JournalEntry now, long writes) = journal.Write(() => Put(journal, entry, isReplacement));
        if (writes > 0)
        {
            (_witness ??= new JournalWitness(_path)).Write(writes);
        }

        return now;
    });

    /// <summary>Opens the file, so that a path that cannot be used fails before the first call is paid.</summary>
    public void Open() => Run(_ => 0);

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            if (_journal is null)
            {
                return;
            }

            try
            {
                if (_run is { } run)
                {
                    JournalRuns.Leave(_journal, run);
                }
            }
            catch (SqliteException)
            {
                // The next one who opens the journal finds that this process is gone.
            }

            _witness?.Dispose();
            JournalFile.Close(_path, _journal);
            _journal = null;
        }
    }

    private (JournalEntry Now, long Writes) Put(JournalStatements journal, JournalEntry entry, bool isReplacement)
    {
        if (_run is { } run)
        {
            JournalRuns.Unmark(journal, run, entry.Key);
        }

        JournalEntry? known = Find(journal, entry.Key);
        if (known is { Failure: null } && (!isReplacement || entry.Failure is not null))
        {
            return (known, 0);
        }

        if (known is not null)
        {
            JournalRow.Delete(journal, known);
        }

        if (known is { Failure: null })
        {
            JournalRow.Insert(journal, known with { Key = Earlier(journal, known.Key) });
        }
        else if (known is not null)
        {
            entry = entry with { Attempts = known.Attempts + entry.Attempts };
        }

        return (entry, JournalRow.Insert(journal, entry));
    }

    private string Earlier(JournalStatements journal, string key)
    {
        for (int i = 1; ; i++)
        {
            string name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{key}#{i}");
            if (Find(journal, name) is null)
            {
                return name;
            }
        }
    }

    private JournalEntry? Find(JournalStatements journal, string key)
    {
        using SqliteDataReader reader = journal.Query($"SELECT {JournalRow.Columns} FROM calls WHERE key = $key", ("$key", key));
        if (!reader.Read())
        {
            return null;
        }

        JournalEntry entry = JournalRow.Read(reader);
        return JournalRow.IsIntact(reader, entry) ? entry : throw JournalFile.Corrupt(_path, $"the call {key} is not what was written", null);
    }

    private T Run<T>(Func<JournalStatements, T> work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            try
            {
                if (_journal is null)
                {
                    _journal = JournalFile.Open(_path);
                    _interrupted = JournalRuns.Sweep(_journal);
                }

                return work(_journal);
            }
            catch (SqliteException e)
            {
                throw JournalFile.Refused(_path, e);
            }
        }
    }
}
