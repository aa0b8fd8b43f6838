using Microsoft.ML.RewardModeling.DataViews;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>The requests on their way, one for each key, however many wait for it.</summary>
internal sealed class TeacherFlights
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TeacherFlight> _flights = [];
    private bool _isClosed;

    /// <summary>Waits for the request with this key, which is started unless it is under way.</summary>
    public async Task<TeacherReply> JoinAsync(string key, Func<TeacherFlight, Task<TeacherReply>> start, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (TeacherFlight flight, bool isAbandoned) = Board(key, start);
            if (isAbandoned)
            {
                // Its last attempt may still end up in the journal: look again when it is over.
                await ((Task)flight.Reply).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            try
            {
                return await flight.Reply.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Leave(flight);
            }
        }
    }

    /// <summary>Takes no more requests, and waits for the end of those under way; none makes a further attempt.</summary>
    public void Land()
    {
        TeacherFlight[] flights;
        lock (_gate)
        {
            _isClosed = true;
            flights = [.. _flights.Values];
        }

        foreach (TeacherFlight flight in flights)
        {
            flight.Abandoned.Cancel();
            Blocking.WaitForEnd(flight.Reply);
        }
    }

    private (TeacherFlight Flight, bool IsAbandoned) Board(string key, Func<TeacherFlight, Task<TeacherReply>> start)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, typeof(TeacherClient));
            if (!_flights.TryGetValue(key, out TeacherFlight? flight))
            {
                flight = new TeacherFlight();
                _flights.Add(key, flight);
                flight.Reply = Fly(key, start, flight);
            }
            else if (flight.IsAbandoned)
            {
                return (flight, true);
            }

            flight.Waiters++;
            return (flight, false);
        }
    }

    private Task<TeacherReply> Fly(string key, Func<TeacherFlight, Task<TeacherReply>> start, TeacherFlight flight) => Task.Run(async () =>
    {
        try
        {
            return await start(flight).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                _flights.Remove(key);
            }
        }
    });

    private void Leave(TeacherFlight flight)
    {
        lock (_gate)
        {
            flight.IsAbandoned = --flight.Waiters == 0;
        }

        if (flight.IsAbandoned)
        {
            flight.Abandoned.Cancel();
        }
    }
}
