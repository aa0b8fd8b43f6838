using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>Measures a model on items it is not trained on, all of them.</summary>
/// <param name="Accuracy">Share of pairs whose chosen side has the higher reward, a tie is wrong; null without pairs.</param>
/// <param name="Loss">Mean of the objective over the items; null if a pair lacks the numbers for it.</param>
internal sealed record RewardValidation(double? Accuracy, double? Loss)
{
    /// <summary>Perplexity per token of the held-out texts; null where nothing is trained on text.</summary>
    public double? Perplexity { get; init; }

    public static RewardValidation Measure(RewardModel model, IReadOnlyList<TokenizedPair> pairs, TrainingOptions options, CancellationToken cancellationToken)
    {
        bool hasTargets = pairs.All(pair => RewardLossTerms.HasTargets(pair, options.Objective));
        double loss = 0;
        int right = 0, all = 0;
        foreach (int[] indices in Enumerable.Range(0, pairs.Count).OrderBy(i => pairs[i].Chosen.Ids.Length).Chunk(options.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            using IDisposable gradients = no_grad();
            PreferenceBatch batch = PreferenceBatch.Create(pairs, indices, withTeacher: false);
            RewardModelOutput output = RewardModelOutput.Compute(model, batch);
            RankingCount count = RankingCount.Of(output.Rewards!, batch);
            right += count.Right;
            all += count.All;
            loss += hasTargets ? RewardLossTerms.Ranking(output, batch, options).item<float>() * indices.Length : 0;
        }

        return new RewardValidation(all == 0 ? null : (double)right / all, hasTargets ? loss / pairs.Count : null);
    }
}
