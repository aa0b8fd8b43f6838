using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Losses;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>A teacher's distributions out of a file, for the texts of a data set.</summary>
internal sealed class StoredDistributions : ITeacherDistributions
{
    private readonly TeacherLogitsFile _file;
    private readonly IReadOnlyList<TokenizedPair> _pairs;
    private readonly double _temperature;

    private StoredDistributions(TeacherLogitsFile file, IReadOnlyList<TokenizedPair> pairs, double temperature)
        => (_file, _pairs, _temperature) = (file, pairs, temperature);

    /// <summary>Checks that the file is about these texts.</summary>
    /// <exception cref="RewardModelingException">It is of another tokenizer or temperature, or texts are not in it.</exception>
    public static StoredDistributions Create(TeacherLogitsFile file, IReadOnlyList<TokenizedPair> pairs, string tokenizerSha256, double temperature)
    {
        if (file.Header.TokenizerSha256 != tokenizerSha256)
        {
            throw new RewardModelingException(
                $"{file.Path}: written for a tokenizer.json with SHA-256 {file.Header.TokenizerSha256}, but the backbone's has {tokenizerSha256}. Write it again with this backbone.");
        }

        if (!file.Header.IsSpans && file.Header.Temperature != temperature)
        {
            throw new RewardModelingException(FormattableString.Invariant(
                $"{file.Path}: written at temperature {file.Header.Temperature}, but the KL term has {temperature}. Train at that temperature or write the file again."));
        }

        string[] missing = [.. pairs.Where(pair => pair.Teacher is { Labels: > 0 } text && !file.Has(text)).Select(pair => pair.Id)];
        return missing.Length == 0 ? new StoredDistributions(file, pairs, temperature) : throw new RewardModelingException(
            $"{file.Path}: {missing.Length} teacher responses are not in it (first: {string.Join(", ", missing.Take(5))}). "
            + "Write it again from the same pairs, with the same backbone and maximum length.");
    }

    /// <inheritdoc/>
    public LanguageTargets AddTo(LanguageTargets targets, PreferenceBatch batch)
    {
        Device device = targets.Labels.device;
        TokenizedSequence[] texts = [.. batch.LabelPairs.Select(i => _pairs[i].Teacher!)];
        if (_file.Header.IsSpans)
        {
            return targets with { Spans = Spans(texts, device), Temperature = _temperature };
        }

        (int[] Ids, float[] LogProbabilities)[] stored = [.. texts.Select(_file.Tokens)];
        return targets with
        {
            TeacherIds = tensor(stored.SelectMany(text => text.Ids).Select(id => (long)id).ToArray(), device: device).reshape(-1, _file.Header.K),
            TeacherLogProbabilities = tensor(stored.SelectMany(text => text.LogProbabilities).ToArray(), device: device).reshape(-1, _file.Header.K),
            Temperature = _temperature,
        };
    }

    private SpanTargets Spans(TokenizedSequence[] texts, Device device)
    {
        List<int> rows = [];
        List<float> logs = [], weights = [];
        foreach (TokenizedSequence text in texts)
        {
            (int[] lengths, float[] values) = _file.Spans(text);
            float weight = 1f / (texts.Length * Math.Max(1, values.Count(float.IsFinite)));
            rows.AddRange(lengths);
            logs.AddRange(values.Select(value => float.IsFinite(value) ? value : 0));
            weights.AddRange(values.Select(value => float.IsFinite(value) ? weight : 0));
        }

        return new SpanTargets(rows, tensor(logs.ToArray(), device: device), tensor(weights.ToArray(), device: device));
    }
}
