namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// At most so many units (requests or tokens) in any window of time, as the server sees it. A unit counts from its start,
/// and leaves the window one window's length after it surely reached the server: at its end, or after
/// <paramref name="arrival"/> if that is earlier.
/// </summary>
/// <param name="limit">Units for each window.</param>
/// <param name="window">Length of the window.</param>
/// <param name="arrival">How long a request may take to reach the server; null if only its end tells.</param>
/// <param name="time">The clock.</param>
internal sealed class RateLimit(long limit, TimeSpan window, TimeSpan? arrival, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan LongestNap = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _queue = new(1);
    private readonly PriorityQueue<Ticket, long> _leaving = new();
    private long _used;

    // Requests are spread over the window, because servers often count in shorter windows than they say.
    private readonly long _spacing = arrival is null ? 0 : (long)(window.TotalSeconds / limit * time.TimestampFrequency);
    private readonly long _burst = (long)(window.TotalSeconds / 60 * time.TimestampFrequency);
    private long _next = long.MinValue / 2;

    /// <summary>Waits in line until the units fit. More units than the limit fit when nothing else is counted.</summary>
    public async Task<Ticket> EnterAsync(long units, CancellationToken cancellationToken)
    {
        await _queue.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                if (TryEnter(units) is { } ticket)
                {
                    return ticket;
                }

                await Task.Delay(Nap(), time, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _queue.Release();
        }
    }

    /// <summary>The request is over, and this is what it really took.</summary>
    public void Leave(Ticket ticket, long units)
    {
        lock (_gate)
        {
            if (!ticket.HasLeft)
            {
                _used += units - ticket.Units;
                ticket.Units = units;
                _leaving.Enqueue(ticket, After(window));
            }
        }
    }

    public void Dispose() => _queue.Dispose();

    private Ticket? TryEnter(long units)
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            while (_leaving.TryPeek(out Ticket? oldest, out long leaves) && leaves <= now)
            {
                _leaving.Dequeue();
                _used -= oldest.HasLeft ? 0 : oldest.Units;
                oldest.HasLeft = true;
            }

            if ((_used > 0 && _used + units > limit) || now < _next - _burst)
            {
                return null;
            }

            _next = Math.Max(_next, now) + _spacing;
            _used += units;
            Ticket ticket = new() { Entered = now, Units = units };
            if (arrival is { } latest)
            {
                _leaving.Enqueue(ticket, After(latest + window));
            }

            return ticket;
        }
    }

    private TimeSpan Nap()
    {
        lock (_gate)
        {
            long now = time.GetTimestamp();
            long until = now < _next - _burst ? _next - _burst : _leaving.TryPeek(out _, out long leaves) ? leaves : long.MaxValue;
            double seconds = Math.Min((until - (double)now) / time.TimestampFrequency, LongestNap.TotalSeconds);
            return TimeSpan.FromSeconds(Math.Max(seconds, 0.001));
        }
    }

    private long After(TimeSpan span) => time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <summary>Units that are counted.</summary>
    internal sealed class Ticket
    {
        public required long Entered { get; init; }

        public long Units { get; set; }

        public bool HasLeft { get; set; }
    }
}
