using System.Runtime.InteropServices;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Losses;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>
/// What a frozen teacher backbone would have said at every response token of its pair's teacher text: the K most likely
/// tokens with their log-probabilities at one temperature. Computed once before training, 8 K bytes a token; the teacher
/// itself is not needed any more.
/// </summary>
internal sealed class TopKDistributions : ITeacherDistributions
{
    private const int TokenBudget = 4096;

    private readonly Dictionary<int, Entry> _entries;

    private TopKDistributions(int k, double temperature, Dictionary<int, Entry> entries)
        => (K, Temperature, _entries) = (k, temperature, entries);

    private sealed record Entry(int[] Ids, float[] LogProbabilities);

    /// <summary>Tokens kept per position.</summary>
    public int K { get; }

    /// <summary>T: logits were divided by it.</summary>
    public double Temperature { get; }

    /// <summary>Asks the teacher about every pair that has a teacher text.</summary>
    /// <param name="teacher">A model with a language-model head and the same vocabulary as the student.</param>
    /// <param name="pairs">The data set; entries are found by index in it.</param>
    /// <param name="k">Tokens to keep, at most the vocabulary.</param>
    /// <param name="temperature">T, above 0.</param>
    /// <param name="cancellationToken">Checked before every forward pass.</param>
    public static TopKDistributions Compute(
        RewardModel teacher, IReadOnlyList<TokenizedPair> pairs, int k, double temperature, CancellationToken cancellationToken)
    {
        k = Math.Min(k, teacher.Config.VocabularySize);
        Dictionary<int, Entry> entries = [];
        int[] indices = [.. Enumerable.Range(0, pairs.Count).Where(i => pairs[i].Teacher is { Labels: > 0 }).OrderBy(i => pairs[i].Teacher!.Ids.Length)];
        for (int done = 0; done < indices.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = 1, tokens = pairs[indices[done]].Teacher!.Ids.Length;
            while (done + count < indices.Length && (tokens += pairs[indices[done + count]].Teacher!.Ids.Length) <= TokenBudget)
            {
                count++;
            }

            Add(entries, teacher, pairs, indices.AsSpan(done, count), k, temperature);
            done += count;
        }

        return new TopKDistributions(k, temperature, entries);
    }

    /// <inheritdoc/>
    public LanguageTargets AddTo(LanguageTargets targets, PreferenceBatch batch)
    {
        (long[] ids, float[] logProbabilities) = Gather(batch.LabelPairs);
        Device device = targets.Labels.device;
        return targets with
        {
            TeacherIds = tensor(ids, device: device).reshape(-1, K),
            TeacherLogProbabilities = tensor(logProbabilities, device: device).reshape(-1, K),
            Temperature = Temperature,
        };
    }

    /// <summary>The stored tokens of these pairs' labels, one after the other.</summary>
    /// <param name="pairs">Indices of pairs that have a teacher text.</param>
    /// <returns>Ids and log-probabilities, each <c>[L, K]</c> row-major.</returns>
    public (long[] Ids, float[] LogProbabilities) Gather(IReadOnlyList<int> pairs)
        => ([.. pairs.SelectMany(pair => _entries[pair].Ids).Select(id => (long)id)], [.. pairs.SelectMany(pair => _entries[pair].LogProbabilities)]);

    private static void Add(
        Dictionary<int, Entry> entries, RewardModel teacher, IReadOnlyList<TokenizedPair> pairs, ReadOnlySpan<int> group, int k, double temperature)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = no_grad();
        TokenizedSequence[] texts = [.. group.ToArray().Select(i => pairs[i].Teacher!)];
        List<long> rows = [];
        long start = 0;
        foreach (TokenizedSequence text in texts)
        {
            rows.AddRange(Enumerable.Range(text.Ids.Length - text.Labels - 1, text.Labels).Select(at => start + at));
            start += text.Ids.Length;
        }

        Tensor hidden = teacher.Network.Hidden(RaggedRows.Create([.. texts.Select(text => text.Ids)], teacher.Device));
        Tensor logits = teacher.Network.Logits(hidden.index_select(0, tensor(rows.ToArray(), device: teacher.Device)));    // (L, V)
        (Tensor values, Tensor indexes) = (logits / temperature).log_softmax(-1).topk(k);                                  // (L, K)
        ReadOnlySpan<float> logProbabilities = MemoryMarshal.Cast<byte, float>(values.cpu().contiguous().bytes);
        ReadOnlySpan<long> ids = MemoryMarshal.Cast<byte, long>(indexes.cpu().contiguous().bytes);
        int at0 = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            int length = texts[i].Labels * k;
            entries[group[i]] = new Entry([.. ids.Slice(at0, length).ToArray().Select(id => (int)id)], logProbabilities.Slice(at0, length).ToArray());
            at0 += length;
        }
    }
}
