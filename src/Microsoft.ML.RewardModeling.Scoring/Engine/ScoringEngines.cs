using Microsoft.ML.RewardModeling.Scoring.Onnx;

namespace Microsoft.ML.RewardModeling.Scoring.Engine;

/// <summary>Chooses the engine for a machine.</summary>
internal static class ScoringEngines
{
    // A second session holds the weights twice; a larger model runs one answer at a time on all processors instead, which its larger matrix
    // products use well.
    private const long LargestTwice = 1L << 30;

    /// <summary>Opens the graph and puts an engine around it.</summary>
    public static IScoringEngine Open(string model, OnnxRewardScorerOptions options)
    {
        int workers = options.MaxConcurrency ?? Environment.ProcessorCount;
        if (options.Strategy == ScoringStrategy.Batched)
        {
            return OpenBatched(model, options);
        }

        bool once = workers > 1 && Bytes(model) > LargestTwice;
        OnnxRewardGraph graph = OnnxRewardGraph.Open(model, once ? workers : 1, options.ConfigureSession);
        return options.Strategy == ScoringStrategy.Automatic && graph.IsOnAccelerator
            ? new BatchedEngine(graph, options.MaxConcurrency ?? 1, options.TokenBudget)
            : new UnpaddedEngine(
                graph, () => OnnxRewardGraph.Open(model, workers, options.ConfigureSession), once ? 1 : workers, options.TokenBudget);
    }

    private static BatchedEngine OpenBatched(string model, OnnxRewardScorerOptions options)
    {
        int runners = options.MaxConcurrency ?? 1;
        int threads = Math.Max(1, Environment.ProcessorCount / runners);
        return new BatchedEngine(OnnxRewardGraph.Open(model, threads, options.ConfigureSession), runners, options.TokenBudget);
    }

    private static long Bytes(string model) =>
        new[] { model, model + ".data" }.Where(File.Exists).Sum(file => new FileInfo(file).Length);
}
