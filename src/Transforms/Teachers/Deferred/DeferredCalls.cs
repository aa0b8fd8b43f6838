using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Collects the calls that a teacher would make instead of making them, so that a batch service (OpenAI's Batch API, vLLM's
/// batch runner) can do them, and hands the service's results to the teacher's journal. Set it as
/// <see cref="TeacherClientOptions.DeferTo"/> and run the pipeline: rows whose calls are not answered yet have the status
/// <see cref="TeacherStatus.Outstanding"/>. Write the batch, have it answered, run again with the results; wave after wave,
/// until nothing is outstanding and the rows are those of a direct run. Refined pairs take three waves, more where replies
/// failed or had to be asked for again. One object serves one pass. Thread-safe.
/// </summary>
public sealed class DeferredCalls : IDisposable
{
    private readonly Lock _gate = new();
    private readonly DeferredCallsOptions _options;
    private readonly BatchResults _results;
    private readonly HashSet<string> _keys = [];
    private readonly SortedDictionary<string, int> _failures = new(StringComparer.Ordinal);
    private BatchSpool? _spool;
    private int _imported;

    /// <summary>Reads which calls the result files answer.</summary>
    /// <param name="options">Null takes the defaults: no results.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="RewardModelingException">A result file cannot be read; the message names path and line.</exception>
    public DeferredCalls(DeferredCallsOptions? options = null)
    {
        _options = options ?? new DeferredCallsOptions();
        _options.Validate();
        _results = BatchResults.Open(_options.Results);
    }

    /// <summary>Different calls that still wait for a reply.</summary>
    public int Outstanding => Read(() => _keys.Count);

    /// <summary>Replies that went from the result files to the journal.</summary>
    public int Imported => Read(() => _imported);

    /// <summary>Results in the files, failed ones included.</summary>
    public int Results => _results.Count;

    /// <summary>
    /// Results that no call asked for: they were imported before, belong to other pairs, another model or other settings, or
    /// are the teacher's own answers to prompts whose pairs turned out to be unusable.
    /// </summary>
    public int Unused => Read(() => _results.Count - _imported - _failures.Values.Sum());

    /// <summary>Failed results by reason. Their calls are outstanding again, or failed for good after too many attempts.</summary>
    public IReadOnlyDictionary<string, int> Failures => Read(() => new SortedDictionary<string, int>(_failures, StringComparer.Ordinal));

    /// <summary>
    /// Writes the outstanding calls in the format of OpenAI's Batch API, one request a line, ordered by <c>custom_id</c>, which
    /// is the journal's key: the same calls give the same bytes. Where they exceed the limits of one file there are several,
    /// with numbers added to the name (<c>batch-001.jsonl</c>). Each file appears only when it is complete.
    /// </summary>
    /// <param name="path">A path that ends in .jsonl.</param>
    /// <returns>The files, none when nothing is outstanding.</returns>
    /// <exception cref="RewardModelingException">A file cannot be written.</exception>
    public IReadOnlyList<string> WriteBatch(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))
        {
            throw new RewardModelingException($"{path}: found the file type '{Path.GetExtension(path)}' for a batch, expected .jsonl. Rename it.");
        }

        return Read(() => _spool?.Write(path, _options.MaxFileBytes, _options.MaxFileRequests) ?? []);
    }

    /// <summary>Closes the result files and removes the scratch file.</summary>
    public void Dispose()
    {
        _results.Dispose();
        lock (_gate)
        {
            _spool?.Dispose();
            _spool = null;
        }
    }

    /// <summary>The result of a call, a failure that is final, or null: the call is outstanding.</summary>
    internal ImportedReply? Reply(OutstandingCall call)
    {
        lock (_gate)
        {
            if (_keys.Contains(call.Key))
            {
                return null;
            }

            // A result counts once: when its call comes again in this pass, it has failed and is outstanding.
            ImportedReply? result = _results.Take(call.Key);
            if (result is { Failure: null })
            {
                _imported++;
                return result;
            }

            if (result is { Failure: { } failure })
            {
                _failures[failure] = _failures.GetValueOrDefault(failure) + 1;
                bool isFinal = BatchFailures.IsFinal(failure, call.FailedAttempts + 1, _options.MaxAttempts);
                Collect(call, isFinal);
                return result with { IsOutstanding = !isFinal };
            }

            if (call.Failure is { } earlier && BatchFailures.IsFinal(earlier, call.FailedAttempts, _options.MaxAttempts))
            {
                return new ImportedReply { Failure = earlier, IsRecorded = true };
            }

            Collect(call, isFinal: false);
            return null;
        }
    }

    private void Collect(OutstandingCall call, bool isFinal)
    {
        if (!isFinal && _keys.Add(call.Key))
        {
            (_spool ??= new BatchSpool()).Add(call.Key, BatchRequest.ToLine(call));
        }
    }

    private T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }
}
