using Microsoft.ML.RewardModeling.Scoring.Onnx;

namespace Microsoft.ML.RewardModeling.Scoring.Engine;

/// <summary>
/// One run on one thread for every text, without padding; as many at once as the gate lets in. Each worker encodes its own texts, so that
/// texts are encoded while others run. A single text that finds the gate empty takes all processors instead.
/// </summary>
internal sealed class UnpaddedEngine : IScoringEngine
{
    private readonly OnnxRewardGraph _graph;
    private readonly Lazy<Task<OnnxRewardGraph>> _wideGraph;
    private readonly RunGate _gate;
    private readonly int _workers;
    private bool _scoredAlone;

    /// <summary>Takes over the graphs.</summary>
    /// <param name="graph">Runs on one thread.</param>
    /// <param name="openWide">
    /// Opens a graph that runs on all processors; called once, in the background, when a text runs alone for the second time: a program that
    /// scores once does not pay for it, and no caller waits for it. Where it cannot be opened, the first graph does all the work.
    /// </param>
    /// <param name="workers">How many runs go on at once.</param>
    /// <param name="tokenBudget">The most tokens in progress.</param>
    public UnpaddedEngine(OnnxRewardGraph graph, Func<OnnxRewardGraph> openWide, int workers, int tokenBudget)
    {
        (_graph, _workers) = (graph, workers);
        _wideGraph = new Lazy<Task<OnnxRewardGraph>>(() => Task.Run(openWide));
        _gate = new RunGate(workers, tokenBudget);
    }

    public RewardScore[] Score(int count, Func<int, EncodedText> encode, CancellationToken cancellationToken)
    {
        RewardScore[] scores = new RewardScore[count];
        WorkList.Run(
            count,
            _workers,
            () => _gate.HasRoom,
            i =>
            {
                EncodedText text = encode(i);
                scores[i] = TryScoreAlone(count, text) ?? Enter(text, cancellationToken);
            },
            cancellationToken);
        return scores;
    }

    public async Task<RewardScore[]> ScoreAsync(int count, Func<int, EncodedText> encode, CancellationToken cancellationToken)
    {
        RewardScore[] scores = new RewardScore[count];
        await WorkList.RunAsync(
            count,
            _workers,
            async i =>
            {
                EncodedText text = encode(i);
                scores[i] = TryScoreAlone(count, text) ?? await EnterAsync(text, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return scores;
    }

    public Task<RewardScore> ScoreOneAsync(Func<EncodedText> encode, CancellationToken cancellationToken) =>
        Task.Run(() => EnterAsync(encode(), cancellationToken).AsTask(), cancellationToken);

    public void Dispose()
    {
        _gate.Close();
        _graph.Dispose();
        if (_wideGraph.IsValueCreated)
        {
            // Wait() would throw the failure of a session that could not be opened, and the other one did its work.
            ((IAsyncResult)_wideGraph.Value).AsyncWaitHandle.WaitOne();
            WideGraph?.Dispose();
        }
    }

    private OnnxRewardGraph? WideGraph => _wideGraph.Value is { IsCompletedSuccessfully: true } opened ? opened.Result : null;

    private RewardScore? TryScoreAlone(int count, EncodedText text)
    {
        if (count > 1 || _workers == 1 || !_gate.TryEnterAlone())
        {
            return null;
        }

        try
        {
            OnnxRewardGraph graph = _scoredAlone ? WideGraph ?? _graph : _graph;
            _scoredAlone = true;
            return Run(graph, text);
        }
        finally
        {
            _gate.ExitAlone();
        }
    }

    private RewardScore Enter(EncodedText text, CancellationToken cancellationToken)
    {
        _gate.Enter(text.Ids.Length, cancellationToken);
        return RunInGate(text);
    }

    private async ValueTask<RewardScore> EnterAsync(EncodedText text, CancellationToken cancellationToken)
    {
        await _gate.EnterAsync(text.Ids.Length, cancellationToken).ConfigureAwait(false);
        return RunInGate(text);
    }

    private RewardScore RunInGate(EncodedText text)
    {
        try
        {
            return Run(_graph, text);
        }
        finally
        {
            _gate.Exit(text.Ids.Length);
        }
    }

    private static RewardScore Run(OnnxRewardGraph graph, EncodedText text)
    {
        float reward = 0;
        graph.Run([text.Ids], new Span<float>(ref reward));
        return new RewardScore(reward, text.Ids.Length, text.Truncated);
    }
}
