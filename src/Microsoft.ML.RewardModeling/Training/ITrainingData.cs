using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>What the training loop needs to know about the data: pairs or blocks of text.</summary>
internal interface ITrainingData
{
    /// <summary>Tokens of every item, in order.</summary>
    IReadOnlyList<int> Lengths { get; }

    /// <summary>SHA-256 of everything that training sees of the items.</summary>
    string Hash { get; }

    /// <summary>Items to measure on.</summary>
    int ValidationCount { get; }

    /// <summary>Lays items into a batch.</summary>
    PreferenceBatch Batch(IReadOnlyList<int> indices);

    /// <summary>Measures a model on the held-out items.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    RewardValidation Measure(RewardModel model, CancellationToken cancellationToken);

    /// <summary>Perplexity per token of held-out text under a model; null where there is none or nothing is trained on text.</summary>
    double? Perplexity(RewardModel model, CancellationToken cancellationToken);
}
