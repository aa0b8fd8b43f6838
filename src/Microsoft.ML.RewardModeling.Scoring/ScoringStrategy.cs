namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>How an <see cref="OnnxRewardScorer"/> puts answers into runs of the model. It changes the speed, never a reward.</summary>
public enum ScoringStrategy
{
    /// <summary><see cref="Batched"/> where the model's inputs live on an accelerator, else <see cref="Unpadded"/>.</summary>
    Automatic,

    /// <summary>
    /// Every answer is a run of its own on one thread, without padding, and as many run at the same time as there are processors. A single
    /// answer that finds nothing else to do runs on all processors.
    /// </summary>
    Unpadded,

    /// <summary>
    /// Answers that wait, of all callers, are sorted by length and run in batches that hold a bounded number of tokens, padding included.
    /// </summary>
    Batched,
}
