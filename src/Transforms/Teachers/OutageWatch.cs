namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// Tells an endpoint that is down from requests that fail. Before the first answer of a run every failure that a server or its
/// network may have is a sign of an outage; after it, only several in a row, of more than one request unless nothing can be
/// reached at all: a single request that always fails is to fail alone. Thread-safe.
/// </summary>
internal sealed class OutageWatch(TeacherClientOptions options)
{
    // With many calls at once a few failures in a row are chance; one at a time they are not.
    private const int MostFailuresInARow = 8;
    private const int FewestRequests = 2;

    private readonly Lock _gate = new();
    private readonly int _failuresUntilDown = Math.Min(MostFailuresInARow, options.Concurrency + 2);
    private readonly HashSet<string> _requests = new(StringComparer.Ordinal);
    private int _failuresInARow;
    private bool _hasAnswered;
    private long? _downSince;

    /// <summary>The last failure that was a sign of an outage.</summary>
    public string Reason { get; private set; } = string.Empty;

    public bool HasAnswered => Volatile.Read(ref _hasAnswered);

    /// <summary>The endpoint was down longer than the run may wait.</summary>
    public bool IsOver
    {
        get
        {
            lock (_gate)
            {
                return _downSince is { } since && options.TimeProvider.GetElapsedTime(since) >= options.OutageLimit;
            }
        }
    }

    /// <summary>Time until <see cref="IsOver"/>.</summary>
    public TimeSpan Left
    {
        get
        {
            lock (_gate)
            {
                return _downSince is { } since ? options.OutageLimit - options.TimeProvider.GetElapsedTime(since) : options.OutageLimit;
            }
        }
    }

    /// <summary>What a failure means now: an address that leads nowhere from the start is wrong, later on the network is down.</summary>
    public FailureKind KindOf(Exception exception)
        => !HasAnswered && Failures.IsWrongAddress(exception) ? FailureKind.Fatal : Failures.KindOf(exception);

    /// <summary>Whether the failure may be the endpoint's. One that the same request met in an earlier run is its own.</summary>
    public bool IsSign(Exception exception, string? earlierFailure)
        => IsOutage(exception) && (Failures.IsUnreachable(exception) || earlierFailure is null || earlierFailure != Failures.Describe(exception));

    /// <summary>Whether a probe that failed so says that the endpoint is still down.</summary>
    public bool IsOutage(Exception exception)
        => options.OutageLimit > TimeSpan.Zero && exception is not RewardModelingException && KindOf(exception) != FailureKind.Fatal && (HasAnswered
            ? Failures.IsOutage(exception) && (exception is not TimeoutException || _failuresUntilDown == MostFailuresInARow)
            : Failures.IsOutage(exception) || Failures.IsServerError(exception));

    /// <summary>The endpoint has answered, if only to refuse the request.</summary>
    public void Answered()
    {
        lock (_gate)
        {
            _failuresInARow = 0;
            _requests.Clear();
            _hasAnswered = true;
        }
    }

    /// <summary>Counts a sign of an outage.</summary>
    public void Failed(string key, Exception exception)
    {
        lock (_gate)
        {
            _failuresInARow++;
            _requests.Add(key);
            Reason = Failures.Describe(exception);
        }
    }

    /// <summary>
    /// Whether the signs are enough. Fewer are when a request would be given up, as long as another one fails too: a pause
    /// too many is over after one probe, a row is lost for good.
    /// </summary>
    /// <param name="exception">The last failure.</param>
    /// <param name="isLastAttempt">The request that met it has no retry left.</param>
    public bool IsDown(Exception exception, bool isLastAttempt)
    {
        lock (_gate)
        {
            int enough = isLastAttempt ? Math.Min(_failuresUntilDown, options.MaxRetries + FewestRequests) : _failuresUntilDown;
            return _failuresInARow >= enough && (!_hasAnswered || _requests.Count >= FewestRequests || Failures.IsUnreachable(exception));
        }
    }

    /// <returns>Whether this is news.</returns>
    public bool Begin()
    {
        lock (_gate)
        {
            bool isNew = _downSince is null;
            _downSince ??= options.TimeProvider.GetTimestamp();
            return isNew;
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _downSince = null;
        }
    }
}
