using Microsoft.ML.RewardModeling.Losses;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>How well a model predicts texts.</summary>
internal static class LanguageMeasure
{
    private const int TokenBudget = 4096;

    /// <summary>Mean negative log-likelihood per labelled token over all texts; its exponential is the perplexity.</summary>
    /// <param name="model">A model with a language-model head.</param>
    /// <param name="texts">Ids of each text and how many of its last ones are predicted, at least one in all.</param>
    /// <param name="cancellationToken">Checked before every forward pass.</param>
    public static double MeanLoss(RewardModel model, IReadOnlyList<(int[] Ids, int Labels)> texts, CancellationToken cancellationToken)
    {
        (int[] Ids, int Labels)[] sorted = [.. texts.OrderBy(text => text.Ids.Length)];
        double sum = 0;
        for (int done = 0; done < sorted.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = 1, tokens = sorted[done].Ids.Length;
            while (done + count < sorted.Length && (tokens += sorted[done + count].Ids.Length) <= TokenBudget)
            {
                count++;
            }

            sum += SumOfLosses(model, sorted.AsSpan(done, count).ToArray());
            done += count;
        }

        return sum / texts.Sum(text => (double)text.Labels);
    }

    /// <summary>The log-probability of each of the last tokens of a text.</summary>
    public static float[] LogProbabilities(RewardModel model, int[] ids, int labels)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = no_grad();
        Tensor hidden = model.Network.Hidden(RaggedRows.Create([ids], model.Device));
        Tensor states = hidden.narrow(0, ids.Length - labels - 1, labels);
        Tensor wanted = tensor(ids[^labels..].Select(id => (long)id).ToArray(), device: model.Device).unsqueeze(1);
        return [.. states.split(ChunkedLanguageLoss.DefaultChunk, 0).Zip(wanted.split(ChunkedLanguageLoss.DefaultChunk, 0))
            .SelectMany(part => model.Network.Logits(part.First).log_softmax(1).gather(1, part.Second).cpu().data<float>().ToArray())];
    }

    private static double SumOfLosses(RewardModel model, (int[] Ids, int Labels)[] texts)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = no_grad();
        List<long> rows = [], labels = [];
        long start = 0;
        foreach ((int[] ids, int count) in texts)
        {
            for (int at = ids.Length - count; at < ids.Length; at++)
            {
                rows.Add(start + at - 1);
                labels.Add(ids[at]);
            }

            start += ids.Length;
        }

        Tensor hidden = model.Network.Hidden(RaggedRows.Create([.. texts.Select(text => text.Ids)], model.Device));
        Tensor states = hidden.index_select(0, tensor(rows.ToArray(), device: model.Device));
        LanguageTargets targets = new(tensor(labels.ToArray(), device: model.Device), ones(labels.Count, device: model.Device));
        return ChunkedLanguageLoss.Compute(states, model.Network.LanguageHead!, targets, 1, 0, model.Network.LogitSoftcap).Sft.item<float>();
    }
}
