namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>Scores answers with an exported reward model. Safe to call from any number of threads.</summary>
public sealed class OnnxRewardScorer : IDisposable
{
    private OnnxRewardScorer()
    {
    }

    /// <summary>What the export is and how it was checked.</summary>
    public ExportManifest Manifest { get; private init; } = null!;

    /// <summary>Turns text into the ids the model reads.</summary>
    public RewardTextEncoder Encoder { get; private init; } = null!;

    /// <summary>Loads an ONNX directory.</summary>
    /// <param name="directory">A directory written by <c>SaveOnnx</c> or <c>rewardmodel export</c>.</param>
    /// <param name="options">Options; null for the defaults.</param>
    public static OnnxRewardScorer Load(string directory, OnnxRewardScorerOptions? options = null) => throw new NotImplementedException();

    /// <summary>Rewards of answers to one prompt, in order.</summary>
    /// <param name="prompt">The user's prompt.</param>
    /// <param name="answers">The answers.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public float[] Score(string prompt, IReadOnlyList<string> answers, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Rewards of answers to one conversation, in order.</summary>
    /// <param name="prompt">The conversation up to the answer.</param>
    /// <param name="answers">The answers.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public float[] Score(IReadOnlyList<ChatTurn> prompt, IReadOnlyList<string> answers, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Rewards of answers to one prompt with token counts, in order.</summary>
    /// <param name="prompt">The user's prompt.</param>
    /// <param name="answers">The answers.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public RewardScore[] ScoreDetailed(string prompt, IReadOnlyList<string> answers, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Rewards of answers to one conversation with token counts, in order.</summary>
    /// <param name="prompt">The conversation up to the answer.</param>
    /// <param name="answers">The answers.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public RewardScore[] ScoreDetailed(IReadOnlyList<ChatTurn> prompt, IReadOnlyList<string> answers, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Index of the answer with the highest reward; the first of equal ones.</summary>
    /// <param name="prompt">The user's prompt.</param>
    /// <param name="answers">At least one answer.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public int BestOf(string prompt, IReadOnlyList<string> answers, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Index of the answer with the highest reward; the first of equal ones.</summary>
    /// <param name="prompt">The conversation up to the answer.</param>
    /// <param name="answers">At least one answer.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public int BestOf(IReadOnlyList<ChatTurn> prompt, IReadOnlyList<string> answers, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    internal float[] ScoreIds(IReadOnlyList<int[]> ids, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
