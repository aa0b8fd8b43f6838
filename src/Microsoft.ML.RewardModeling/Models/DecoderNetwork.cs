using Microsoft.ML.RewardModeling.Models.Heads;
using Microsoft.ML.RewardModeling.Models.Layers;
using Microsoft.ML.RewardModeling.Models.Plans;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>
/// The decoder of a <see cref="DecoderPlan"/> with the two heads of a reward model: token logits through the language-model
/// head, which may be the embedding, and one reward through a reward head. <c>N</c> rows, width <c>H</c>, vocabulary
/// <c>V</c>.
/// </summary>
internal sealed class DecoderNetwork
{
    private readonly DecoderPlan _plan;
    private readonly Tensor _embedding;
    private readonly MappedPages? _embeddingPages;
    private readonly OrderedDictionary<RopePlan, RotaryTable> _ropes;
    private readonly DecoderLayer[] _layers;
    private readonly RmsNorm _norm;
    private readonly Linear? _languageHead;

    public DecoderNetwork(DecoderPlan plan, HeadPlan head, ParameterStore parameters, Device device)
    {
        _plan = plan;
        _embedding = parameters[DecoderTensors.EmbeddingName];
        _embeddingPages = parameters.PagesOf(DecoderTensors.EmbeddingName);
        _ropes = [];
        foreach (RopePlan rope in plan.Layers.Select(layer => layer.Rope).OfType<RopePlan>().Distinct())
        {
            _ropes.Add(rope, new RotaryTable(rope, device));
        }

        LayerBuilder builder = new(plan, parameters);
        _layers = [.. Enumerable.Range(0, plan.Layers.Count).Select(builder.Build)];
        _norm = builder.Norm(DecoderTensors.FinalNorm);
        _languageHead = plan.TiedHead ? new Linear(_embedding, null, _embeddingPages)
            : parameters.Find(DecoderTensors.LanguageHeadName) is { } languageHead ? new Linear(languageHead, null, parameters.PagesOf(DecoderTensors.LanguageHeadName)) : null;
        Head = new RewardHead(head, parameters);
    }

    /// <summary>The reward head.</summary>
    public RewardHead Head { get; }

    /// <summary>Whether <see cref="Logits"/> can be asked for.</summary>
    public bool HasLanguageHead => _languageHead is not null;

    /// <summary>The final-norm states <c>[N, H]</c>.</summary>
    public Tensor Hidden(RaggedRows rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<RopePlan, RotaryTable.Angles> angles = _ropes.ToDictionary(rope => rope.Key, rope => rope.Value.At(rows));
        Tensor x = _embedding.index_select(0, rows.Ids).to(ScalarType.Float32);    // (N, H)
        _embeddingPages?.Release();
        x = _plan.EmbeddingScale == 1 ? x : x * _plan.EmbeddingScale;
        for (int i = 0; i < _layers.Length; i++)
        {
            Tensor y = _layers[i].Forward(x, _plan.Layers[i].Rope is { } rope ? angles[rope] : null, rows);    // (N, H)

            // Not one state per layer until the end; gradients keep their own hold of what they need.
            x.Dispose();
            x = y;
        }

        return _norm.Forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>Rewards <c>[B]</c> from states <c>[B, H]</c>.</summary>
    /// <param name="states">The last states.</param>
    /// <param name="dropout">Draws what training drops in an MLP head; null to drop nothing.</param>
    public Tensor Rewards(Tensor states, Generator? dropout = null) => Head.Forward(states, dropout);

    /// <summary>Token logits <c>[L, V]</c> from states <c>[L, H]</c>.</summary>
    public Tensor Logits(Tensor states)
    {
        Tensor logits = _languageHead!.Forward(states);
        return _plan.LogitSoftcap is { } cap ? (logits / cap).tanh() * cap : logits;
    }
}
