using Microsoft.ML.RewardModeling.Models.Heads;
using Microsoft.ML.RewardModeling.Models.Plans;
using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>A directory's tensors matched with a network: every tensor the network needs, and where it comes from.</summary>
internal sealed class StoredModel
{
    private readonly WeightsDirectory _weights;
    private readonly StoredTensors _stored;
    private readonly RewardScale? _scale;
    private readonly bool _tied;

    private StoredModel(WeightsDirectory weights, BackboneConfig config, DecoderPlan plan, RewardHeadKind freshHead)
    {
        (_weights, _tied) = (weights, plan.TiedHead);
        _stored = StoredTensors.Find(weights);
        HasHead = _stored.Head is not null || config.IsRewardArchitecture;
        Head = _stored.Head ?? HeadPlan.New(HasHead ? RewardHeadKind.Linear : freshHead);
        bool languageHead = !plan.TiedHead && (!HasHead || weights.TryGet(_stored.NameOf(DecoderTensors.LanguageHeadName), out _));
        _scale = HasHead ? RewardScale.Read(config) : null;
        OrderedDictionary<string, long[]> expected = DecoderTensors.Shapes(plan, languageHead, Head);
        Head = _scale is null ? Head : Head with { Bias = true };
        Shapes = DecoderTensors.Shapes(plan, languageHead, Head);
        weights.RequireExactly(
            expected.Where(tensor => HasHead || !HeadPlan.Owns(tensor.Key)).ToDictionary(tensor => SourceName(tensor.Key), tensor => tensor.Value, StringComparer.Ordinal),
            IsIgnorable);
    }

    /// <summary>Every tensor of the network with its shape, in the order of the forward pass.</summary>
    public OrderedDictionary<string, long[]> Shapes { get; }

    /// <summary>The reward head, stored or fresh.</summary>
    public HeadPlan Head { get; }

    /// <summary>Whether the head comes from the directory.</summary>
    public bool HasHead { get; }

    /// <exception cref="RewardModelingException">Tensors are missing, extra, misshapen or of a type that is not read: all are named.</exception>
    public static StoredModel Match(WeightsDirectory weights, BackboneConfig config, DecoderPlan plan, RewardHeadKind freshHead = RewardHeadKind.Linear)
        => new(weights, config, plan, freshHead);

    /// <summary>The stored tensor of the network's tensor <paramref name="name"/>; null where there is none.</summary>
    public SafetensorsTensor? Find(string name)
        => (HasHead || !HeadPlan.Owns(name)) && _weights.TryGet(SourceName(name), out SafetensorsTensor? tensor) ? tensor : null;

    /// <summary>
    /// The numbers of one of the network's tensors as float32. In the head's last part a reward scale is applied; a bias
    /// that only the scale needs starts as 0.
    /// </summary>
    public float[] ReadSingles(string name)
    {
        float[] values = Find(name)?.ToSingles() ?? new float[Shapes[name].Aggregate(1L, (a, b) => a * b)];
        if (_scale is { } scale && name.StartsWith(Head.Last + ".", StringComparison.Ordinal))
        {
            double shift = name.EndsWith(".bias", StringComparison.Ordinal) ? scale.Mean : 0;
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = (float)((values[i] - shift) / scale.Deviation);
            }
        }

        return values;
    }

    /// <summary>Tied embeddings may be stored under either name.</summary>
    private string SourceName(string name)
    {
        string source = _stored.NameOf(name);
        string languageHead = _stored.NameOf(DecoderTensors.LanguageHeadName);
        return name == DecoderTensors.EmbeddingName && _tied && !_weights.TryGet(source, out _) && _weights.TryGet(languageHead, out _) ? languageHead : source;
    }

    /// <summary>Buffers of old checkpoints, and a stored copy of a head that is tied to the embedding.</summary>
    private bool IsIgnorable(string name)
        => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || (_tied && name == _stored.NameOf(DecoderTensors.LanguageHeadName));
}
