using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Polly.CircuitBreaker;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>The way of a request: journal, one flight per key, then for each attempt permit, limits, budget and deadline; journal, reply.</summary>
internal sealed class TeacherEngine : IDisposable
{
    // A request is counted by the server when it arrives, which no limit may rely on to be at once.
    private const double ArrivalShare = 1.0 / 12;

    private readonly Lock _gate = new();
    private readonly TeacherFlights _flights = new();
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);
    private readonly OutageWatch _watch;
    private readonly IChatClient _client;
    private readonly TeacherClientOptions _options;
    private readonly string _model;
    private readonly TeacherJournal _journal;
    private readonly SemaphoreSlim _permits;
    private readonly TeacherPipeline _pipeline;
    private readonly TeacherBudget _budget;
    private readonly TokenEstimate _estimate;
    private readonly RateLimit? _requests;
    private readonly RateLimit? _tokens;
    private readonly TeacherTelemetry _telemetry;
    private readonly ILogger _logger;
    private TeacherProgress _progress = new(0, 0, 0, 0, 0, 0);
    private bool _hasLooked;
    private bool _isStopped;

    public TeacherEngine(IChatClient client, TeacherClientOptions options, string model)
    {
        _client = client;
        _options = options;
        _model = model;
        _logger = options.LoggerFactory?.CreateLogger(typeof(TeacherClient).FullName!) ?? NullLogger.Instance;
        _journal = new TeacherJournal(options.JournalPath);
        _permits = new SemaphoreSlim(options.Concurrency);
        _watch = new OutageWatch(options);
        _pipeline = new TeacherPipeline(options, _watch, Pause);
        _budget = new TeacherBudget(options, options.Prices?.GetValueOrDefault(model));
        _estimate = new TokenEstimate(options.MaxOutputTokens);
        _requests = options.RequestsPerMinute is { } requests
            ? new RateLimit(requests, options.LimitWindow, options.LimitWindow * ArrivalShare, options.TimeProvider)
            : null;
        _tokens = options.TokensPerMinute is { } tokens ? new RateLimit(tokens, options.LimitWindow, null, options.TimeProvider) : null;
        _telemetry = new TeacherTelemetry(client, model);
    }

    public TeacherProgress Progress
    {
        get
        {
            lock (_gate)
            {
                return _progress;
            }
        }
    }

    /// <summary>The reply from the journal or from the teacher; a call that failed after all retries is a reply with a failure.</summary>
    /// <exception cref="RewardModelingException">No request can work (budget, key, model, journal).</exception>
    public async Task<TeacherReply> AskAsync(
        string task, IReadOnlyList<ConversationTurn> messages, ChatOptions options, bool isFresh, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _options.CancellationToken);
        string settings = JournalKey.Settings(options);
        string request = JournalKey.Request(messages);
        string key = JournalKey.Of(task, _model, settings, request);
        return await _flights
            .JoinAsync(isFresh ? "fresh " + key : key, flight => FlyAsync(key, task, settings, request, messages, options, isFresh, flight), either.Token)
            .ConfigureAwait(false);
    }

    /// <summary>Finishes what is in flight (each attempt ends at its deadline at the latest), keeps it, and closes the journal.</summary>
    public void Dispose()
    {
        _flights.Land();
        _journal.Dispose();
        _permits.Dispose();
        _requests?.Dispose();
        _tokens?.Dispose();
        _telemetry.Dispose();
        TeacherProgress end = Progress;
        _logger.Closed(_model, end.Calls, end.JournalHits, end.Failures, end.InputTokens, end.OutputTokens);
    }

    private async Task<TeacherReply> FlyAsync(
        string key, string task, string settings, string request, IReadOnlyList<ConversationTurn> messages, ChatOptions options, bool isFresh, TeacherFlight flight)
    {
        JournalEntry? known = _journal.Look(key);
        NoteInterrupted();
        if (known is { Failure: null } && (IsOfThisRun(key) || !isFresh))
        {
            _telemetry.JournalHit();
            Report(p => p with { JournalHits = p.JournalHits + 1 });
            return TeacherReply.Of(known) with { IsOld = !IsOfThisRun(key) };
        }

        JournalEntry entry = new()
        {
            Key = key,
            Task = task,
            Model = _model,
            Settings = settings,
            Request = request,
            StartedAt = _options.TimeProvider.GetUtcNow(),
        };
        if (_options.Deferred is { } deferred)
        {
            OutstandingCall call = new(key, task, _model, settings, request, options)
            {
                Failure = known?.Failure,
                FailedAttempts = known is { Failure: not null } ? known.Attempts : 0,
            };
            return deferred(call) is { } imported ? Import(entry, imported, isFresh) : TeacherReply.Outstanding;
        }

        return TeacherReply.Of(await CallAsync(entry, known?.Failure, messages, options, isFresh, flight).ConfigureAwait(false));
    }

    private TeacherReply Import(JournalEntry entry, ImportedReply reply, bool isFresh)
    {
        if (reply.IsRecorded)
        {
            return new TeacherReply(string.Empty, IsCutOff: false, reply.Failure);
        }

        _budget.Add(reply.InputTokens ?? 0, reply.OutputTokens ?? 0);
        Report(p => p with
        {
            Failures = p.Failures + (reply.Failure is null ? 0 : 1),
            InputTokens = p.InputTokens + (reply.InputTokens ?? 0),
            OutputTokens = p.OutputTokens + (reply.OutputTokens ?? 0),
            Cost = _budget.Cost,
        });
        TeacherReply known = TeacherReply.Of(Write(entry with
        {
            Reply = reply.Failure is null ? Text.WellFormed(reply.Text ?? string.Empty) : null,
            IsCutOff = reply.IsCutOff,
            LogProbabilities = reply.LogProbabilities is { } tokens ? TokenLogProbabilities.ToJson(tokens) : null,
            InputTokens = reply.InputTokens,
            OutputTokens = reply.OutputTokens,
            Attempts = 1,
            Failure = reply.Failure,
        }, isFresh));
        return reply.IsOutstanding && known.Failure is not null ? TeacherReply.Outstanding : known;
    }

    private async Task<JournalEntry> CallAsync(
        JournalEntry entry, string? earlierFailure, IReadOnlyList<ConversationTurn> messages, ChatOptions options, bool isFresh, TeacherFlight flight)
    {
        long started = _options.TimeProvider.GetTimestamp();
        int attempts = 0;
        try
        {
            return await _pipeline
                .ExecuteAsync(
                    entry.Key, earlierFailure, token => AttemptAsync(entry, started, messages, options, isFresh, () => ++attempts, token), flight.Abandoned.Token)
                .ConfigureAwait(false);
        }
        catch (RewardModelingException e) when (e.CanResume)
        {
            throw Stop(e.Message, e);
        }
        catch (Exception e) when (e is BrokenCircuitException || (_watch.IsOver && _watch.IsOutage(e)))
        {
            throw Stop(
                $"The teacher {_model} has not answered for {_options.OutageLimit}; the last failure was: {_watch.Reason}. No row has failed for it, and "
                + $"everything paid for is kept in {_options.JournalPath}: run the same again when the endpoint is back, and it goes on from here. If it "
                + "answers other requests, run with an outage limit of 0: then each request has its retries, and those that fail mark their rows.", e);
        }
        catch (Exception e) when (e is not RewardModelingException && !(e is OperationCanceledException && flight.Abandoned.IsCancellationRequested))
        {
            Report(p => p with { Failures = p.Failures + 1 });
            string failure = Failures.Describe(e);
            _logger.CallFailed(_model, entry.Task, attempts, failure, entry.Key);
            return _watch.KindOf(e) != FailureKind.Fatal
                ? _journal.Write(entry with { Failure = failure, Attempts = attempts, Duration = _options.TimeProvider.GetElapsedTime(started) })
                : throw Stop(
                    $"The teacher {_model} failed on a request of task {entry.Task} in a way that every request will meet: {failure}. "
                    + "Check the endpoint, the model's name and the key in the environment; everything paid for is in the "
                    + "journal.", e);
        }
    }

    private RewardModelingException Stop(string message, Exception cause)
    {
        // Every call in flight ends so; one message is enough.
        if (!Interlocked.Exchange(ref _isStopped, true))
        {
            _logger.Stopped(_model, message);
        }

        // What a server wrote into its failure may echo keys and prompts, and whoever logs an exception logs its causes.
        return cause as RewardModelingException
            ?? (Failures.IsOfAServer(cause) ? new RewardModelingException(message) { CanResume = true } : new RewardModelingException(message, cause) { CanResume = true });
    }

    /// <summary>
    /// One request within all limits. A permit is held while it is under way and until its reply is in the journal, not
    /// while a call waits to be sent again: so a kill loses at most as many replies as there are permits.
    /// </summary>
    private async ValueTask<JournalEntry> AttemptAsync(
        JournalEntry entry, long started, IReadOnlyList<ConversationTurn> messages, ChatOptions options, bool isFresh, Func<int> count, CancellationToken cancellationToken)
    {
        await _permits.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            (long input, long output) = _estimate.MostOf(entry.Task, entry.Request);
            await _budget.ReserveAsync(input, output, cancellationToken).ConfigureAwait(false);
            Reservation reservation = new(input, output);
            try
            {
                return await LimitAsync(entry, started, messages, options, isFresh, count, reservation, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (!reservation.IsUsed)
                {
                    _budget.Cancel(input, output);
                }
            }
        }
        finally
        {
            _permits.Release();
        }
    }

    private async ValueTask<JournalEntry> LimitAsync(
        JournalEntry entry, long started, IReadOnlyList<ConversationTurn> messages, ChatOptions options, bool isFresh, Func<int> count, Reservation reservation,
        CancellationToken cancellationToken)
    {
        RateLimit.Ticket? request = null;
        RateLimit.Ticket? tokens = null;
        long used = 0;
        try
        {
            (long input, long output) = _estimate.Of(entry.Task, entry.Request);
            tokens = _tokens is null ? null : await _tokens.EnterAsync(input + output, cancellationToken).ConfigureAwait(false);
            request = _requests is null ? null : await _requests.EnterAsync(1, cancellationToken).ConfigureAwait(false);
            _journal.Mark(entry, _options.TimeProvider.GetUtcNow());
            reservation.IsUsed = true;
            int attempts = count();
            ChatResponse response = await SpendAsync(entry, messages, options, attempts, reservation).ConfigureAwait(false);
            used = (response.Usage?.InputTokenCount ?? input) + (response.Usage?.OutputTokenCount ?? output);
            return Write(entry with
            {
                Reply = Text.WellFormed(response.Text),
                IsCutOff = response.FinishReason == ChatFinishReason.Length,
                LogProbabilities = TokenLogProbabilities.JsonOf(response),
                InputTokens = response.Usage?.InputTokenCount,
                OutputTokens = response.Usage?.OutputTokenCount,
                Attempts = attempts,
                Duration = _options.TimeProvider.GetElapsedTime(started),
            }, isFresh);
        }
        finally
        {
            if (tokens is not null)
            {
                _tokens!.Leave(tokens, used);
            }

            if (request is not null)
            {
                _requests!.Leave(request, 1);
            }
        }
    }

    private async Task<ChatResponse> SpendAsync(
        JournalEntry entry, IReadOnlyList<ConversationTurn> messages, ChatOptions options, int attempt, Reservation reservation)
    {
        Report(p => p with { Calls = p.Calls + 1, InFlight = p.InFlight + 1 });
        long started = _options.TimeProvider.GetTimestamp();
        System.Diagnostics.Activity? activity = _telemetry.StartCall(entry.Task, attempt);
        ChatResponse? response = null;
        string? failure = null;
        try
        {
            return response = await SendAsync(messages, options).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = Failures.Describe(e);
            _logger.AttemptFailed(_model, entry.Task, attempt, failure);
            _journal.Unmark(entry.Key);
            throw;
        }
        finally
        {
            _telemetry.EndCall(activity, _options.TimeProvider.GetElapsedTime(started), response, failure);
            End(entry, response, reservation);
        }
    }

    private void End(JournalEntry entry, ChatResponse? response, Reservation reservation)
    {
        (long input, long output) = response is null ? (0, 0)
            : (response.Usage?.InputTokenCount ?? TokenEstimate.Of(entry.Request), response.Usage?.OutputTokenCount ?? TokenEstimate.Of(response.Text));
        if (response?.Usage is { InputTokenCount: { } sent, OutputTokenCount: { } received })
        {
            _estimate.Learn(entry.Task, entry.Request, sent, received);
        }

        _budget.End(reservation.Input, reservation.Output, input, output);
        Report(p => p with
        {
            InFlight = p.InFlight - 1,
            InputTokens = p.InputTokens + (response?.Usage?.InputTokenCount ?? 0),
            OutputTokens = p.OutputTokens + (response?.Usage?.OutputTokenCount ?? 0),
            Cost = _budget.Cost,
        });
    }

    /// <summary>Not cancelled by anything but its deadline, because it is paid for once it is sent.</summary>
    private async Task<ChatResponse> SendAsync(IReadOnlyList<ConversationTurn> messages, ChatOptions options)
    {
        using CancellationTokenSource deadline = new(_options.Deadline, _options.TimeProvider);
        try
        {
            return await _client.GetResponseAsync(messages.Select(m => new ChatMessage(new ChatRole(m.Role), m.Content)), options.Clone(), deadline.Token)
                .WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested)
        {
            throw new TimeoutException($"No reply within {_options.Deadline}.", e);
        }
    }

    private JournalEntry Write(JournalEntry entry, bool isFresh)
    {
        JournalEntry now = _journal.Write(entry, isFresh);
        if (_options.RetryUnusable)
        {
            lock (_gate)
            {
                _written.Add(entry.Key);
            }
        }

        return now;
    }

    private bool IsOfThisRun(string key)
    {
        lock (_gate)
        {
            return _written.Contains(key);
        }
    }

    private void NoteInterrupted()
    {
        if (Volatile.Read(ref _hasLooked) || _journal.Interrupted is var calls && Interlocked.Exchange(ref _hasLooked, true))
        {
            return;
        }

        if (calls > 0)
        {
            _logger.Interrupted(_model, calls);
            Report(p => p with { Interrupted = calls });
        }
    }

    private void Pause(bool isPaused)
    {
        Report(p => p with { IsPaused = isPaused, PauseReason = isPaused ? _watch.Reason : null });
        if (isPaused)
        {
            _logger.Paused(_model, _watch.Reason, _options.OutageLimit);
        }
        else
        {
            _logger.Resumed(_model);
        }
    }

    private void Report(Func<TeacherProgress, TeacherProgress> change)
    {
        TeacherProgress now;
        lock (_gate)
        {
            now = _progress = change(_progress);
        }

        _options.Progress?.Report(now);
    }

    /// <summary>What the budget keeps for a call.</summary>
    private sealed class Reservation(long input, long output)
    {
        public long Input { get; } = input;

        public long Output { get; } = output;

        /// <summary>The call was sent.</summary>
        public bool IsUsed { get; set; }
    }
}
