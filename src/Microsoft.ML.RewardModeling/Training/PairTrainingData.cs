using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Pairs, or lists of scored answers, with the teacher's texts.</summary>
internal sealed class PairTrainingData(IReadOnlyList<TokenizedPair> pairs, IReadOnlyList<TokenizedPair> validation, TrainingOptions options) : ITrainingData
{
    public IReadOnlyList<int> Lengths { get; } = [.. pairs.Select(pair => pair.Tokens(options.IsGenerative))];

    public string Hash { get; } = PairSelection.Hash(pairs);

    public int ValidationCount => validation.Count;

    public PreferenceBatch Batch(IReadOnlyList<int> indices) => PreferenceBatch.Create(pairs, indices, options.IsGenerative);

    public RewardValidation Measure(RewardModel model, CancellationToken cancellationToken)
        => RewardValidation.Measure(model, validation, options, cancellationToken) with { Perplexity = Perplexity(model, cancellationToken) };

    public double? Perplexity(RewardModel model, CancellationToken cancellationToken)
    {
        (int[] Ids, int Labels)[] texts = [.. validation.Select(pair => pair.Teacher).OfType<TokenizedSequence>().Where(text => text.Labels > 0).Select(text => (text.Ids, text.Labels))];
        return options.IsGenerative && texts.Length > 0 ? Math.Exp(LanguageMeasure.MeanLoss(model, texts, cancellationToken)) : null;
    }
}
