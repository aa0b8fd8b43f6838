namespace Microsoft.ML.RewardModeling.Scoring.Engine;

/// <summary>
/// Lets runs in, first come first served, while there are fewer than the most runs and the tokens in progress stay within the budget.
/// A run that is above the budget by itself goes in alone.
/// </summary>
internal sealed class RunGate
{
    private readonly object _lock = new();
    private readonly Queue<Waiter> _waiting = new();
    private readonly int _maxRuns;
    private readonly int _tokenBudget;
    private int _runs;
    private long _tokens;
    private bool _closed;

    public RunGate(int maxRuns, int tokenBudget) => (_maxRuns, _tokenBudget) = (maxRuns, tokenBudget);

    /// <summary>Whether another run could go in now.</summary>
    public bool HasRoom
    {
        get
        {
            lock (_lock)
            {
                return _runs < _maxRuns && _waiting.Count == 0;
            }
        }
    }

    /// <summary>Goes in when nothing else runs or waits, and then keeps everything else out; leave with <see cref="ExitAlone"/>.</summary>
    public bool TryEnterAlone()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(OnnxRewardScorer));
            if (_runs > 0 || _waiting.Count > 0)
            {
                return false;
            }

            _runs = _maxRuns;
            return true;
        }
    }

    public void ExitAlone() => Leave(_maxRuns, 0);

    /// <summary>Goes in, after a wait on this thread where needed; leave with <see cref="Exit"/>.</summary>
    public void Enter(int tokens, CancellationToken cancellationToken)
    {
        if (EnterOrQueue(tokens, cancellationToken) is not Waiter waiter)
        {
            return;
        }

        try
        {
            waiter.Admitted.Task.Wait(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            if (!waiter.Admitted.TrySetCanceled(CancellationToken.None))
            {
                Exit(tokens);
            }

            AdmitWaiting();
            throw;
        }
        catch (AggregateException exception) when (exception.InnerException is ObjectDisposedException)
        {
            throw new ObjectDisposedException(typeof(OnnxRewardScorer).FullName);
        }
    }

    /// <summary>Goes in, after a wait that holds no thread where needed; leave with <see cref="Exit"/>.</summary>
    public ValueTask EnterAsync(int tokens, CancellationToken cancellationToken) =>
        EnterOrQueue(tokens, cancellationToken) is Waiter waiter ? new ValueTask(WaitAsync(waiter, cancellationToken)) : default;

    public void Exit(int tokens) => Leave(1, tokens);

    /// <summary>Refuses what waits and what comes, and waits for what runs.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            while (_waiting.TryDequeue(out Waiter? waiter))
            {
                waiter.Admitted.TrySetException(new ObjectDisposedException(typeof(OnnxRewardScorer).FullName));
            }

            while (_runs > 0)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    private Waiter? EnterOrQueue(int tokens, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(OnnxRewardScorer));
            if (_waiting.Count == 0 && Fits(tokens))
            {
                (_runs, _tokens) = (_runs + 1, _tokens + tokens);
                return null;
            }

            Waiter waiter = new(tokens);
            _waiting.Enqueue(waiter);
            return waiter;
        }
    }

    private async Task WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        // One that gives up may have held back smaller ones behind it.
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            (_, token) =>
            {
                if (waiter.Admitted.TrySetCanceled(token))
                {
                    AdmitWaiting();
                }
            },
            null);
        await waiter.Admitted.Task.ConfigureAwait(false);
    }

    private bool Fits(int tokens) => _runs < _maxRuns && (_runs == 0 || _tokens + tokens <= _tokenBudget);

    private void Leave(int runs, int tokens)
    {
        lock (_lock)
        {
            (_runs, _tokens) = (_runs - runs, _tokens - tokens);
            AdmitWaiting();
            Monitor.PulseAll(_lock);
        }
    }

    private void AdmitWaiting()
    {
        lock (_lock)
        {
            while (_waiting.TryPeek(out Waiter? waiter) && (waiter.Admitted.Task.IsCompleted || Fits(waiter.Tokens)))
            {
                _waiting.Dequeue();
                if (waiter.Admitted.TrySetResult())
                {
                    (_runs, _tokens) = (_runs + 1, _tokens + waiter.Tokens);
                }
            }
        }
    }

    private sealed class Waiter(int tokens)
    {
        public int Tokens { get; } = tokens;

        // Whoever waits goes on elsewhere, never inside the lock of the one that leaves.
        public TaskCompletionSource Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
