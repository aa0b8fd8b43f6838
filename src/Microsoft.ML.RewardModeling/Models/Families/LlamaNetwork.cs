using Microsoft.ML.RewardModeling.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models.Families;

/// <summary>
/// The Llama decoder (Touvron et al., arXiv 2302.13971) with the two heads of a reward model: token logits through the
/// language-model head, which may be the embedding, and one reward through <c>score.weight</c>. <c>N</c> rows, width
/// <c>H</c>, vocabulary <c>V</c>.
/// </summary>
internal sealed class LlamaNetwork
{
    public const string EmbeddingName = "model.embed_tokens.weight";
    public const string LanguageHeadName = "lm_head.weight";
    public const string ScoreName = "score.weight";

    private readonly Tensor _embedding;
    private readonly RotaryTable _rotary;
    private readonly DecoderLayer[] _layers;
    private readonly RmsNorm _norm;
    private readonly Linear? _languageHead;
    private readonly Linear _scoreHead;

    public LlamaNetwork(BackboneConfig config, ParameterStore parameters, Device device)
    {
        Linear Projection(string name) => new(parameters[$"{name}.weight"], parameters.Find($"{name}.bias"));
        RmsNorm Norm(string name) => new(parameters[$"{name}.weight"], config.RmsNormEpsilon);
        DecoderLayer Layer(string name) => new(
            Norm($"{name}.input_layernorm"),
            new GroupedQueryAttention(
                Projection($"{name}.self_attn.q_proj"),
                Projection($"{name}.self_attn.k_proj"),
                Projection($"{name}.self_attn.v_proj"),
                Projection($"{name}.self_attn.o_proj"),
                config.Heads,
                config.KeyValueHeads,
                config.HeadDim),
            Norm($"{name}.post_attention_layernorm"),
            new GatedMlp(Projection($"{name}.mlp.gate_proj"), Projection($"{name}.mlp.up_proj"), Projection($"{name}.mlp.down_proj")));

        _embedding = parameters[EmbeddingName];
        _rotary = new RotaryTable(config.HeadDim, config.RopeTheta, device);
        _layers = [.. Enumerable.Range(0, config.Layers).Select(i => Layer($"model.layers.{i}"))];
        _norm = Norm("model.norm");
        _languageHead = config.TieWordEmbeddings ? new Linear(_embedding, null)
            : parameters.Find(LanguageHeadName) is { } head ? new Linear(head, null) : null;
        LanguageHead = config.TieWordEmbeddings ? _embedding : parameters.Find(LanguageHeadName);
        _scoreHead = new Linear(parameters[ScoreName], null);
    }

    /// <summary>Every tensor of the network with its shape, in the order of the forward pass.</summary>
    /// <param name="config">The sizes.</param>
    /// <param name="languageHead">Whether a language-model head of its own belongs to it; never with tied embeddings.</param>
    public static OrderedDictionary<string, long[]> Shapes(BackboneConfig config, bool languageHead)
    {
        long hidden = config.HiddenSize, inner = config.IntermediateSize, vocabulary = config.VocabularySize;
        long queries = (long)config.Heads * config.HeadDim, keys = (long)config.KeyValueHeads * config.HeadDim;
        OrderedDictionary<string, long[]> shapes = new(StringComparer.Ordinal) { [EmbeddingName] = [vocabulary, hidden] };
        void Projection(string name, long rows, long columns, bool bias)
        {
            shapes.Add($"{name}.weight", [rows, columns]);
            if (bias)
            {
                shapes.Add($"{name}.bias", [rows]);
            }
        }

        for (int i = 0; i < config.Layers; i++)
        {
            string layer = $"model.layers.{i}";
            shapes.Add($"{layer}.input_layernorm.weight", [hidden]);
            Projection($"{layer}.self_attn.q_proj", queries, hidden, config.AttentionBias);
            Projection($"{layer}.self_attn.k_proj", keys, hidden, config.AttentionBias);
            Projection($"{layer}.self_attn.v_proj", keys, hidden, config.AttentionBias);
            Projection($"{layer}.self_attn.o_proj", hidden, queries, config.AttentionBias);
            shapes.Add($"{layer}.post_attention_layernorm.weight", [hidden]);
            Projection($"{layer}.mlp.gate_proj", inner, hidden, config.MlpBias);
            Projection($"{layer}.mlp.up_proj", inner, hidden, config.MlpBias);
            Projection($"{layer}.mlp.down_proj", hidden, inner, config.MlpBias);
        }

        shapes.Add("model.norm.weight", [hidden]);
        if (languageHead && !config.TieWordEmbeddings)
        {
            shapes.Add(LanguageHeadName, [vocabulary, hidden]);
        }

        shapes.Add(ScoreName, [1, hidden]);
        return shapes;
    }

    /// <summary>Whether <see cref="Logits"/> can be asked for.</summary>
    public bool HasLanguageHead => _languageHead is not null;

    /// <summary>The matrix <c>[V, H]</c> behind <see cref="Logits"/>, for losses that compute logits piece by piece; null without one.</summary>
    public Tensor? LanguageHead { get; }

    /// <summary>The final-norm states <c>[N, H]</c>.</summary>
    public Tensor Hidden(RaggedRows rows)
    {
        using DisposeScope scope = NewDisposeScope();
        RotaryTable.Angles angles = _rotary.At(rows.Positions, rows.LargestPosition);
        Tensor x = _embedding.index_select(0, rows.Ids);                // (N, H)
        foreach (DecoderLayer layer in _layers)
        {
            x = layer.Forward(x, angles, rows.Lengths);                 // (N, H)
        }

        return _norm.Forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>Rewards <c>[B]</c> from states <c>[B, H]</c>.</summary>
    public Tensor Rewards(Tensor states) => _scoreHead.Forward(states).squeeze(-1);

    /// <summary>Token logits <c>[L, V]</c> from states <c>[L, H]</c>.</summary>
    public Tensor Logits(Tensor states) => _languageHead!.Forward(states);
}
