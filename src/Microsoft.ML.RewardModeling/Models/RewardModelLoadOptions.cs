namespace Microsoft.ML.RewardModeling.Models;

/// <summary>How <see cref="RewardModel.Load"/> reads a model directory.</summary>
public sealed record RewardModelLoadOptions
{
    /// <summary>
    /// The type the weights are kept in. Default <see cref="WeightPrecision.Fp32"/>; <see cref="WeightPrecision.AsStored"/>
    /// loads at once and takes a half or a quarter of the memory, for scoring only.
    /// </summary>
    public WeightPrecision Precision { get; init; }

    /// <summary>The fresh reward head of a directory that has none. Default <see cref="RewardHeadKind.Linear"/>.</summary>
    public RewardHeadKind Head { get; init; }

    /// <summary>Seed of the fresh reward head that a causal language model gets. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// Highest id + 1 of the tokenizer that goes with the directory. When given, a tokenizer that knows more tokens than the
    /// embedding has rows is refused. Default null: not checked.
    /// </summary>
    public int? TokenizerVocabularySize { get; init; }

    /// <summary>Where the model computes: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c> (with a CUDA backend). Default <c>cpu</c>.</summary>
    public string Device { get; init; } = "cpu";
}
