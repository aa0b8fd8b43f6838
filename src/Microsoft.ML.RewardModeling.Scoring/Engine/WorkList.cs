using System.Runtime.ExceptionServices;

namespace Microsoft.ML.RewardModeling.Scoring.Engine;

/// <summary>
/// Pieces of work 0 to count - 1 that several workers take one by one. After the first failure no further piece is taken, and that failure
/// is what the caller gets.
/// </summary>
internal sealed class WorkList
{
    private readonly object _lock = new();
    private readonly int _count;
    private readonly CancellationToken _cancellationToken;
    private int _next;
    private int _inWork;
    private ExceptionDispatchInfo? _failure;

    private WorkList(int count, CancellationToken cancellationToken) => (_count, _cancellationToken) = (count, cancellationToken);

    /// <summary>
    /// Does the work on this thread, with up to <paramref name="workers"/> - 1 threads of the pool as long as
    /// <paramref name="hasRoom"/>. It never depends on the pool to get ahead, so a starved pool only makes it slower.
    /// </summary>
    public static void Run(int count, int workers, Func<bool> hasRoom, Action<int> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (count == 1)
        {
            work(0);
            return;
        }

        WorkList list = new(count, cancellationToken);
        int helpers = 0;
        list.Work(work, () =>
        {
            // Asked again before every piece: room that other calls leave is used. A helper that finds none ends.
            for (int missing = Math.Min(workers, list.Left) - 1 - Volatile.Read(ref helpers); missing > 0 && hasRoom(); missing--)
            {
                Interlocked.Increment(ref helpers);
                ThreadPool.QueueUserWorkItem(_ => Help());
            }

            return true;
        });
        list.WaitForWorkers();

        void Help()
        {
            list.Work(work, hasRoom);
            Interlocked.Decrement(ref helpers);
        }
    }

    /// <summary>Does the work with up to <paramref name="workers"/> asynchronous workers on the pool.</summary>
    public static async Task RunAsync(int count, int workers, Func<int, ValueTask> work, CancellationToken cancellationToken)
    {
        WorkList list = new(count, cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Math.Min(count, workers)).Select(_ => Task.Run(() => list.WorkAsync(work), CancellationToken.None)))
            .ConfigureAwait(false);
        list.ThrowIfFailed();
    }

    private int Left
    {
        get
        {
            lock (_lock)
            {
                return _count - _next;
            }
        }
    }

    private void Work(Action<int> work, Func<bool> goesOn)
    {
        while (goesOn() && TryTake(out int piece))
        {
            try
            {
                work(piece);
            }
            catch (Exception exception)
            {
                Fail(exception);
            }
            finally
            {
                Finish();
            }
        }
    }

    private async Task WorkAsync(Func<int, ValueTask> work)
    {
        while (TryTake(out int piece))
        {
            try
            {
                await work(piece).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Fail(exception);
            }
            finally
            {
                Finish();
            }
        }
    }

    private bool TryTake(out int piece)
    {
        lock (_lock)
        {
            piece = _next;
            if (_failure is not null || _next == _count || _cancellationToken.IsCancellationRequested)
            {
                return false;
            }

            _next++;
            _inWork++;
            return true;
        }
    }

    private void Fail(Exception exception)
    {
        lock (_lock)
        {
            _failure ??= ExceptionDispatchInfo.Capture(exception);
        }
    }

    private void Finish()
    {
        lock (_lock)
        {
            _inWork--;
            Monitor.PulseAll(_lock);
        }
    }

    private void WaitForWorkers()
    {
        lock (_lock)
        {
            while (_inWork > 0)
            {
                Monitor.Wait(_lock);
            }
        }

        ThrowIfFailed();
    }

    private void ThrowIfFailed()
    {
        _failure?.Throw();
        if (_next < _count)
        {
            _cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
