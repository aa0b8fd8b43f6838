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
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestBreak = TimeSpan.FromSeconds(30);

    // With many calls at once a few failures in a row are chance; one at a time they are not.
    private const int MostFailuresInARow = 8;

    private readonly CircuitBreakerStateProvider _circuit = new();
    private readonly TeacherClientOptions _options;
    private readonly Action<bool> _paused;
    private readonly int _failuresUntilDown;
    private readonly ResiliencePipeline _pipeline;
    private int _failuresInARow;
    private bool _hasAnswered;
    private long? _downSince;

    /// <param name="options">Retries, delays, clock.</param>
    /// <param name="paused">Called when a pause begins (true) and ends (false).</param>
    public TeacherPipeline(TeacherClientOptions options, Action<bool> paused)
    {
        _options = options;
        _paused = paused;
        _failuresUntilDown = Math.Min(MostFailuresInARow, options.Concurrency + 2);
        _pipeline = Build();
    }

    public ValueTask<T> ExecuteAsync<T>(Func<CancellationToken, ValueTask<T>> attempt, CancellationToken cancellationToken) => _pipeline.ExecuteAsync(
        async token =>
        {
            try
            {
                T result = await attempt(token).ConfigureAwait(false);
                IsUp();
                Volatile.Write(ref _hasAnswered, true);
                return result;
            }
            catch (Exception e) when (e is not RewardModelingException && !token.IsCancellationRequested)
            {
                if (IsSignOfOutage(e))
                {
                    Interlocked.Increment(ref _failuresInARow);
                }
                else
                {
                    IsUp();
                }

                throw;
            }
        },
        cancellationToken);

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
                    args.Outcome.Exception is { } e and not (RewardModelingException or BrokenCircuitException) && Failures.KindOf(e) == FailureKind.Transient),
                DelayGenerator = args => ValueTask.FromResult(Failures.RetryAfter(args.Outcome.Exception!, _options.TimeProvider)),
            });
        }

        return builder
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                ShouldHandle = args => ValueTask.FromResult(IsPause(args.Outcome.Exception) && !IsOver()),
                DelayGenerator = args => ValueTask.FromResult<TimeSpan?>(
                    (args.Outcome.Exception as BrokenCircuitException)?.RetryAfter is { } wait && wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(100)),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                // The failures in a row decide (see ShouldHandle), not a share of all calls.
                FailureRatio = 0,
                MinimumThroughput = 2,
                SamplingDuration = TimeSpan.FromDays(1),
                StateProvider = _circuit,
                ShouldHandle = args => ValueTask.FromResult(
                    args.Outcome.Exception is { } e && IsSignOfOutage(e) && Volatile.Read(ref _hasAnswered) && Volatile.Read(ref _failuresInARow) >= _failuresUntilDown),
                BreakDurationGenerator = args => ValueTask.FromResult(
                    TimeSpan.FromSeconds(Math.Min(LongestBreak.TotalSeconds, Math.Pow(2, Math.Min(args.HalfOpenAttempts, 10))))),
                OnOpened = _ =>
                {
                    if (_downSince is null)
                    {
                        _downSince = _options.TimeProvider.GetTimestamp();
                        _paused(true);
                    }

                    return default;
                },
                OnClosed = _ =>
                {
                    _downSince = null;
                    _paused(false);
                    return default;
                },
            })
            .Build();
    }

    private void IsUp() => Volatile.Write(ref _failuresInARow, 0);

    // A failure that opened the circuit, or met it open, is the endpoint's and not the request's.
    private bool IsPause(Exception? exception)
        => exception is BrokenCircuitException || (exception is not null && IsSignOfOutage(exception) && _circuit.CircuitState == CircuitState.Open);

    private bool IsOver() => _downSince is { } since && _options.TimeProvider.GetElapsedTime(since) > _options.OutageLimit;

    // One request that takes too long is no outage; many that all do are one.
    private bool IsSignOfOutage(Exception exception)
        => Failures.IsOutage(exception) && (exception is not TimeoutException || _failuresUntilDown == MostFailuresInARow);
}
