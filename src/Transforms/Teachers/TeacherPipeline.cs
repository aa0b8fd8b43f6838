using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// What happens around one attempt. A transient failure is tried again after a back-off, or when the server says. When
/// nothing but failures comes back, the endpoint is down: all calls pause, one at a time probes, and none of that counts
/// as a retry of a call.
/// </summary>
internal sealed class TeacherPipeline
{
    private static readonly ResiliencePropertyKey<Asking> Request = new("request");
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestBreak = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromMilliseconds(100);

    // Whoever waits for the endpoint looks so often whether it is back.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    // The request that probed last and failed lets another one go first: perhaps it was its own fault.
    private static readonly TimeSpan Courtesy = TimeSpan.FromMilliseconds(250);

    private readonly CircuitBreakerStateProvider _circuit = new();
    private readonly TeacherClientOptions _options;
    private readonly OutageWatch _watch;
    private readonly Action<bool> _paused;
    private readonly ResiliencePipeline _pipeline;

    /// <param name="options">Retries, delays, clock.</param>
    /// <param name="watch">Decides when the endpoint is down.</param>
    /// <param name="paused">Called when a pause begins (true) and ends (false).</param>
    public TeacherPipeline(TeacherClientOptions options, OutageWatch watch, Action<bool> paused)
    {
        _options = options;
        _watch = watch;
        _paused = paused;
        _pipeline = Build();
    }

    /// <param name="key">The request's key.</param>
    /// <param name="earlierFailure">How the same request failed in an earlier run; null if it did not.</param>
    /// <param name="attempt">Sends it once.</param>
    /// <param name="cancellationToken">Ends the waiting for further attempts.</param>
    public async ValueTask<T> ExecuteAsync<T>(
        string key, string? earlierFailure, Func<CancellationToken, ValueTask<T>> attempt, CancellationToken cancellationToken)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get(cancellationToken);
        Asking asking = new(key, earlierFailure);
        context.Properties.Set(Request, asking);
        try
        {
            return await _pipeline.ExecuteAsync(AttemptAsync, context, attempt).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }

        async ValueTask<T> AttemptAsync(ResilienceContext context, Func<CancellationToken, ValueTask<T>> attempt)
        {
            asking.HasProbed = false;
            try
            {
                T result = await attempt(context.CancellationToken).ConfigureAwait(false);
                _watch.Answered();
                return result;
            }
            catch (Exception e) when (e is not RewardModelingException && !context.CancellationToken.IsCancellationRequested)
            {
                if (_watch.IsSign(e, earlierFailure))
                {
                    asking.HasProbed = true;
                    _watch.Failed(key, e);
                }
                else if (Failures.HasStatus(e))
                {
                    _watch.Answered();
                }

                throw;
            }
        }
    }

    private ResiliencePipeline Build()
    {
        ResiliencePipelineBuilder builder = new() { TimeProvider = _options.TimeProvider };
        if (_options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = _options.MaxRetries,
                Delay = _options.RetryDelay,
                MaxDelay = LongestRetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = args => ValueTask.FromResult(
                    args.Outcome.Exception is { } e and not (RewardModelingException or BrokenCircuitException) && !IsEnd(e) && _watch.KindOf(e) == FailureKind.Transient),
                DelayGenerator = args =>
                {
                    Of(args.Context).Retries++;
                    return ValueTask.FromResult(Failures.RetryAfter(args.Outcome.Exception!, _options.TimeProvider));
                },
            });
        }

        return builder
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = args => ValueTask.FromResult(IsPause(args.Context, args.Outcome.Exception) && !_watch.IsOver),
                DelayGenerator = args => ValueTask.FromResult<TimeSpan?>(Delay(args.Context, args.Outcome.Exception!, args.AttemptNumber)),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                // The failures in a row decide (see ShouldHandle), not a share of all calls.
                FailureRatio = 0,
                MinimumThroughput = 2,
                SamplingDuration = TimeSpan.FromDays(1),
                StateProvider = _circuit,
                ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is { } e
                    && (_circuit.CircuitState == CircuitState.HalfOpen ? _watch.IsOutage(e) : _watch.IsSign(e, Of(args.Context).EarlierFailure) && _watch.IsDown(e, Of(args.Context).Retries >= _options.MaxRetries))),
                BreakDurationGenerator = args => ValueTask.FromResult(Break(args.HalfOpenAttempts)),
                OnOpened = _ =>
                {
                    if (_watch.Begin())
                    {
                        _paused(true);
                    }

                    return default;
                },
                OnClosed = _ =>
                {
                    _watch.End();
                    _paused(false);
                    return default;
                },
            })
            .Build();
    }

    private static Asking Of(ResilienceContext context) => context.Properties.GetValue(Request, null!);

    // A failure that opened the circuit, or met it open, is the endpoint's and not the request's; so is one before the first answer.
    private bool IsPause(ResilienceContext context, Exception? exception)
        => exception is BrokenCircuitException
        || (exception is not null && (_circuit.CircuitState == CircuitState.Open ? _watch.IsOutage(exception)
            : !_watch.HasAnswered && _watch.IsSign(exception, Of(context).EarlierFailure)));

    private bool IsEnd(Exception exception) => _watch.IsOver && _watch.IsOutage(exception);

    private TimeSpan Delay(ResilienceContext context, Exception exception, int attempt)
    {
        if (exception is not BrokenCircuitException broken)
        {
            return _circuit.CircuitState == CircuitState.Open ? ShortestDelay
                : Failures.RetryAfter(exception, _options.TimeProvider) ?? Between(ShortestDelay, _options.RetryDelay * Math.Pow(2, Math.Min(attempt, 10)), LongestBreak);
        }

        TimeSpan wait = broken.RetryAfter is { } after && after > TimeSpan.Zero ? after : ShortestDelay;
        return Of(context).HasProbed ? wait + Courtesy : wait < Look ? wait : Look;
    }

    private TimeSpan Break(int probes) => Between(ShortestDelay, TimeSpan.FromSeconds(Math.Pow(2, Math.Min(probes, 10))), _watch.Left < LongestBreak ? _watch.Left : LongestBreak);

    private static TimeSpan Between(TimeSpan least, TimeSpan value, TimeSpan most) => value > most ? (most > least ? most : least) : value < least ? least : value;

    private sealed class Asking(string key, string? earlierFailure)
    {
        public string Key { get; } = key;

        public string? EarlierFailure { get; } = earlierFailure;

        public bool HasProbed { get; set; }

        public int Retries { get; set; }
    }
}
