using Microsoft.Extensions.AI;
using Polly;
using Polly.Retry;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>The way of a request: journal, one flight per key, permit, budget, deadline, retries, journal, reply.</summary>
internal sealed class TeacherEngine : IDisposable
{
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly TeacherFlights _flights = new();
    private readonly IChatClient _client;
    private readonly TeacherClientOptions _options;
    private readonly string _model;
    private readonly TeacherJournal _journal;
    private readonly SemaphoreSlim _permits;
    private readonly ResiliencePipeline _retries;
    private TeacherProgress _progress = new(0, 0, 0, 0, 0, 0);

    public TeacherEngine(IChatClient client, TeacherClientOptions options, string model)
    {
        _client = client;
        _options = options;
        _model = model;
        _journal = new TeacherJournal(options.JournalPath);
        _permits = new SemaphoreSlim(options.Concurrency);
        _retries = CreateRetries(options);
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
    public async Task<TeacherReply> AskAsync(string task, IReadOnlyList<ConversationTurn> messages, ChatOptions options, CancellationToken cancellationToken)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _options.CancellationToken);
        string settings = JournalKey.Settings(options);
        string request = JournalKey.Request(messages);
        string key = JournalKey.Of(task, _model, settings, request);
        return await _flights
            .JoinAsync(key, flight => FlyAsync(key, task, settings, request, messages, options, flight), either.Token)
            .ConfigureAwait(false);
    }

    /// <summary>Finishes what is in flight (each attempt ends at its deadline at the latest), keeps it, and closes the journal.</summary>
    public void Dispose()
    {
        _flights.Land();
        _journal.Dispose();
        _permits.Dispose();
    }

    private static ResiliencePipeline CreateRetries(TeacherClientOptions options)
    {
        if (options.MaxRetries == 0)
        {
            return ResiliencePipeline.Empty;
        }

        return new ResiliencePipelineBuilder { TimeProvider = options.TimeProvider }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxRetries,
                Delay = options.RetryDelay,
                MaxDelay = LongestRetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = args => ValueTask.FromResult(
                    args.Outcome.Exception is { } exception and not RewardModelingException && Failures.KindOf(exception) == FailureKind.Transient),
            })
            .Build();
    }

    private async Task<TeacherReply> FlyAsync(
        string key, string task, string settings, string request, IReadOnlyList<ConversationTurn> messages, ChatOptions options, TeacherFlight flight)
    {
        if (_journal.Find(key) is { } known)
        {
            Report(p => p with { JournalHits = p.JournalHits + 1 });
            return TeacherReply.Of(known);
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
            JournalEntry? failed = _journal.FindFailed(key);
            OutstandingCall call = new(key, task, _model, settings, request, options) { Failure = failed?.Failure, FailedAttempts = failed?.Attempts ?? 0 };
            return deferred(call) is { } imported ? Import(entry, imported) : TeacherReply.Outstanding;
        }

        await _permits.WaitAsync(flight.Abandoned.Token).ConfigureAwait(false);
        Report(p => p with { InFlight = p.InFlight + 1 });
        try
        {
            return TeacherReply.Of(_journal.Write(await CallAsync(entry, messages, options, flight).ConfigureAwait(false)));
        }
        finally
        {
            Report(p => p with { InFlight = p.InFlight - 1 });
            _permits.Release();
        }
    }

    private TeacherReply Import(JournalEntry entry, ImportedReply reply)
    {
        if (reply.IsRecorded)
        {
            return new TeacherReply(string.Empty, IsCutOff: false, reply.Failure);
        }

        Report(p => p with
        {
            Failures = p.Failures + (reply.Failure is null ? 0 : 1),
            InputTokens = p.InputTokens + (reply.InputTokens ?? 0),
            OutputTokens = p.OutputTokens + (reply.OutputTokens ?? 0),
        });
        TeacherReply known = TeacherReply.Of(_journal.Write(entry with
        {
            Reply = reply.Failure is null ? Text.WellFormed(reply.Text ?? string.Empty) : null,
            IsCutOff = reply.IsCutOff,
            LogProbabilities = reply.LogProbabilities is { } tokens ? TokenLogProbabilities.ToJson(tokens) : null,
            InputTokens = reply.InputTokens,
            OutputTokens = reply.OutputTokens,
            Attempts = 1,
            Failure = reply.Failure,
        }));
        return reply.IsOutstanding && known.Failure is not null ? TeacherReply.Outstanding : known;
    }

    private async Task<JournalEntry> CallAsync(JournalEntry entry, IReadOnlyList<ConversationTurn> messages, ChatOptions options, TeacherFlight flight)
    {
        long started = _options.TimeProvider.GetTimestamp();
        int attempts = 0;
        try
        {
            ChatResponse response = await _retries.ExecuteAsync(
                async _ =>
                {
                    SpendCall();
                    attempts++;
                    return await AttemptAsync(messages, options).ConfigureAwait(false);
                },
                flight.Abandoned.Token).ConfigureAwait(false);
            Report(p => p with
            {
                InputTokens = p.InputTokens + (response.Usage?.InputTokenCount ?? 0),
                OutputTokens = p.OutputTokens + (response.Usage?.OutputTokenCount ?? 0),
            });
            return entry with
            {
                Reply = Text.WellFormed(response.Text),
                IsCutOff = response.FinishReason == ChatFinishReason.Length,
                LogProbabilities = TokenLogProbabilities.JsonOf(response),
                InputTokens = response.Usage?.InputTokenCount,
                OutputTokens = response.Usage?.OutputTokenCount,
                Attempts = attempts,
                Duration = _options.TimeProvider.GetElapsedTime(started),
            };
        }
        catch (Exception e) when (e is not RewardModelingException && !(e is OperationCanceledException && flight.Abandoned.IsCancellationRequested))
        {
            Report(p => p with { Failures = p.Failures + 1 });
            string failure = Failures.Describe(e);
            return Failures.KindOf(e) != FailureKind.Fatal
                ? entry with { Failure = failure, Attempts = attempts, Duration = _options.TimeProvider.GetElapsedTime(started) }
                : throw new RewardModelingException(
                    $"The teacher {_model} refused a request of task {entry.Task} in a way that every request will meet: {failure}. "
                    + "Check the endpoint, the model's name and the key in the environment; everything paid for is in the "
                    + "journal.", e) { CanResume = true };
        }
    }

    /// <summary>One request with its deadline; not cancelled by anything else, because it is paid for once it is sent.</summary>
    private async Task<ChatResponse> AttemptAsync(IReadOnlyList<ConversationTurn> messages, ChatOptions options)
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

    private void SpendCall()
    {
        lock (_gate)
        {
            if (_progress.Calls >= _options.MaxCalls)
            {
                throw new RewardModelingException(
                    $"The budget of {_options.MaxCalls} teacher calls is used up. Everything paid for is kept in {_options.JournalPath}: "
                    + "raise the limit and run the same again, and it goes on from here.") { CanResume = true };
            }

            _progress = _progress with { Calls = _progress.Calls + 1 };
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
}
