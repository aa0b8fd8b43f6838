using System.Numerics.Tensors;
using Microsoft.ML.RewardModeling.Export.Quantization;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Plans;
using DataType = Microsoft.ML.RewardModeling.Export.Onnx.TensorProto.Types.DataType;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>
/// The graph of a reward model in standard ONNX operators of opset 23. Inputs: <c>input_ids</c> [batch, length] int64, padded
/// on the right, and <c>lengths</c> [batch] int64, the real tokens of each row. Output: <c>reward</c> [batch] fp32, read at
/// the last real token. Attention is causal, so padding on the right is never seen and needs no mask; in the last layer
/// only the last real token asks and is computed on.
/// </summary>
/// <remarks>
/// The continuing form reads tokens that follow a past: per layer N it has the inputs <c>past_key_values.N.key</c> and
/// <c>.value</c> [batch, key-value heads, past_length, head size] fp32, past_length from 0, and the outputs
/// <c>present.N.key</c> and <c>.value</c> with past and new tokens.
/// </remarks>
internal sealed class DecoderOnnxGraph
{
    public const int Opset = 23;
    public const int IrVersion = 10;

    private readonly DecoderPlan _plan;
    private readonly ExportWeights _weights;
    private readonly IReadOnlyList<ExportWeights> _heads;
    private readonly OnnxGraphBuilder _graph;
    private readonly GraphForm _form;
    private readonly OnnxPlaces _places;
    private readonly OnnxAttention _attention;
    private readonly QuantizationPlan _quantization;
    private readonly OnnxProjections _projections;
    private readonly OrderedDictionary<RopePlan, OnnxRotary> _ropes = [];

    private DecoderOnnxGraph(GraphRecipe recipe, OnnxGraphBuilder graph)
    {
        (DecoderPlan plan, _weights, _heads, int maxLength, GraphForm form, _quantization, int blocks) = recipe;
        (_plan, _graph, _form) = (plan, graph, form);
        _projections = new OnnxProjections(graph, _weights, _quantization);
        graph.Input("input_ids", DataType.Int64, "batch", "length");
        graph.Input("lengths", DataType.Int64, "batch");
        for (int i = 0; form.HasFlag(GraphForm.Continuing) && i < plan.Layers.Count; i++)
        {
            graph.Input(OnnxPlaces.Past(i, "key"), DataType.Float, Cache("past_length"));
            graph.Input(OnnxPlaces.Past(i, "value"), DataType.Float, Cache("past_length"));
        }

        _places = new OnnxPlaces(graph, form, OnnxAttention.CanDivide(plan, form, maxLength) ? blocks : 1);
        _attention = new OnnxAttention(graph, plan, _places, form, maxLength);
        foreach (RopePlan rope in plan.Layers.Select(layer => layer.Rope).OfType<RopePlan>().Distinct())
        {
            _ropes.Add(rope, _places.Rotary(rope, _ropes.Count, maxLength));
        }
    }

    /// <summary>Adds the whole model to <paramref name="graph"/>.</summary>
    public static void Build(GraphRecipe recipe, OnnxGraphBuilder graph, CancellationToken cancellationToken)
    {
        ExportLimits.Check(recipe.Plan, recipe.MaxLength);
        new DecoderOnnxGraph(recipe, graph).Build(cancellationToken);
    }

    /// <summary>
    /// Whether keys of a text's beginning do not depend on how the text goes on: longrope turns them by other angles once
    /// the whole text is long.
    /// </summary>
    public static bool CanContinue(DecoderPlan plan, int maxLength) => plan.Layers.All(layer => layer.Rope is null || layer.Rope.LengthClass(maxLength) == 0);

    private void Build(CancellationToken cancellationToken)
    {
        string x = Embedding();
        string? change = null;
        for (int i = 0; i < _plan.Layers.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (x, change) = Layer(i, x, change, i == _plan.Layers.Count - 1);
        }

        new OnnxHeads(_graph, _heads).Build(Joined("model.norm", x, change, null).Normed);
        for (int i = 0; _form.HasFlag(GraphForm.Continuing) && i < _plan.Layers.Count; i++)
        {
            _graph.Output(OnnxPlaces.Present(i, "key"), DataType.Float, Cache("total_length"));
            _graph.Output(OnnxPlaces.Present(i, "value"), DataType.Float, Cache("total_length"));
        }
    }

    private string[] Cache(string length) => ["batch", FormattableString.Invariant($"{_plan.KeyValueHeads}"), length, FormattableString.Invariant($"{_plan.HeadDim}")];

    /// <summary>[B, T, H]. Rows are taken before they are widened, so that the table stays small in memory, too.</summary>
    private string Embedding()
    {
        const string Name = "model.embed_tokens.weight";
        DataType type = _weights.Type;
        Func<float[]> read = type == DataType.Int8 ? () => BlockQuantization.Rows(_weights.ReadEmbedding(), _plan.Hidden).Levels : _weights.ReadEmbedding;
        string table = _graph.Weight(Name, new TensorValues(type, [_plan.Vocabulary, _plan.Hidden], read));
        string x = _graph.Node("Gather", "embedding", [table, "input_ids"]);
        x = type == DataType.Float ? x : _graph.Node("Cast", "embedding.fp32", [x], ("to", (int)DataType.Float));
        if (type == DataType.Int8)
        {
            string scales = _graph.Weight(
                Name + ".scale", new TensorValues(DataType.Float, [_plan.Vocabulary, 1], () => BlockQuantization.Rows(_weights.ReadEmbedding(), _plan.Hidden).Scales));
            x = _graph.Node("Mul", "embedding.levels", [x, _graph.Node("Gather", "embedding.scale", [scales, "input_ids"])]);
        }

        return _plan.EmbeddingScale == 1 ? x : _graph.Node("Mul", "embedding.scaled", [x, _graph.Constant("embedding_scale", [(float)_plan.EmbeddingScale])]);
    }

    /// <summary>The residual stream before the layer's last change, and that change.</summary>
    private (string Residual, string Change) Layer(int index, string x, string? change, bool isLast)
    {
        LayerNames names = LayerNames.Of(_plan, index);
        LayerSites sites = LayerSites.Of(_plan, index);
        string name = FormattableString.Invariant($"model.layers.{index}.");
        (x, string normed) = Joined(names.AttentionNorm, x, change, sites.Attention);
        string asking = normed;
        if (isLast)
        {
            asking = _places.AtLast(name + "self_attn.last", normed);   // [B, 1, H]
            x = _places.AtLast(name + "residual.last", x);              // [B, 1, H]
        }

        string attended = _projections.Build(sites.Output, [Attended(index, names, sites, asking, normed, isLast)], _plan.OutputBias)[0];
        (x, normed) = Joined(names.MlpNorm, x, names.AfterAttentionNorm is { } after ? Norm(after, attended) : attended, sites.Mlp);
        string[] inner = _projections.Build(sites.Mlp, [normed], _plan.MlpBias, LayerSites.Up, _quantization.Of(sites.Down).Divisors);
        string down = _projections.Build(sites.Down, [_graph.Node("Mul", sites.Down.Input, [Activate(name + "mlp.", inner[0]), inner[1]])], _plan.MlpBias)[0];
        return (x, names.AfterMlpNorm is { } afterMlp ? Norm(afterMlp, down) : down);
    }

    /// <summary>x + change, and its norm.</summary>
    private (string Sum, string Normed) Joined(string norm, string x, string? change, ProjectionSite? site)
    {
        if (change is null)
        {
            return (x, Norm(norm, x, site));
        }

        string sum = norm + ".residual";
        if (_form.HasFlag(GraphForm.Fused))
        {
            string weight = NormWeight(norm, site);
            return (sum, _graph.Contributed("SkipSimplifiedLayerNormalization", [norm, "", "", sum], [x, change, weight], ("epsilon", (float)_plan.NormEpsilon)));
        }

        _graph.Node("Add", sum, [x, change]);
        return (sum, Norm(norm, sum, site));
    }

    private string Activate(string name, string gate)
    {
        if (_plan.Activation != Activation.Silu)
        {
            return _graph.Node("Gelu", name + "gelu", [gate], ("approximate", _plan.Activation == Activation.GeluTanh ? "tanh" : "none"));
        }

        return _graph.Node("Mul", name + "silu", [gate, _graph.Node("Sigmoid", name + "sigmoid", [gate])]);
    }

    /// <summary>What attention mixes for the asking tokens from all new ones and the past.</summary>
    private string Attended(int index, LayerNames names, LayerSites sites, string asking, string all, bool isLast)
    {
        RopePlan? rope = _plan.Layers[index].Rope;
        OnnxRotary? rotary = rope is null ? null : _ropes[rope];
        string[] projected = _projections.Build(sites.Attention, [asking, all], _plan.InputBias, LayerSites.Value, _quantization.Of(sites.Output).Divisors);
        projected[0] = Normed(projected[0], names.QueryNorm, _plan.Heads);
        projected[1] = Normed(projected[1], names.KeyNorm, _plan.KeyValueHeads);
        if (_form.HasFlag(GraphForm.Fused) && !isLast && _attention.CanGroup(index))
        {
            return _attention.Grouped(sites.Output.Input, index, projected, rotary);
        }

        projected[0] = Turn(projected[0], _plan.Heads, rope, rotary, isLast ? rotary?.LastPosition : rotary?.Positions);
        projected[1] = Turn(projected[1], _plan.KeyValueHeads, rope, rotary, rotary?.Positions);
        return _attention.Build(sites.Output.Input, index, projected, isLast);
    }

    /// <summary>Queries or keys, normed per head if the model does.</summary>
    private string Normed(string projected, string? norm, int heads)
    {
        if (norm is null)
        {
            return projected;
        }

        string shape = _graph.Constant(projected + ".heads", [0L, 0L, heads, _plan.HeadDim], 4);
        string normed = Norm(norm, _graph.Node("Reshape", projected + ".split", [projected, shape]));
        return _graph.Node("Reshape", projected + ".joined", [normed, _graph.Constant(projected + ".width", [0L, 0L, -1L], 3)]);
    }

    /// <summary>Queries or keys, turned by their positions.</summary>
    private string Turn(string projected, int heads, RopePlan? rope, OnnxRotary? rotary, string? positions)
    {
        string name = projected;
        if (rope is null)
        {
            return projected;
        }

        string[] inputs = [projected, rotary!.Cosine, rotary.Sine, positions!];
        return rope.Dim == _plan.HeadDim
            ? _graph.Node("RotaryEmbedding", name + ".rotated", inputs, ("num_heads", heads))
            : _graph.Node("RotaryEmbedding", name + ".rotated", inputs, ("num_heads", heads), ("rotary_embedding_dim", rope.Dim));
    }

    /// <summary>RMS norm; where a site reads it, its channels are divided as the site wants them.</summary>
    private string Norm(string name, string x, ProjectionSite? site = null)
        => _graph.Node("RMSNormalization", name, [x, NormWeight(name, site)], ("axis", -1), ("epsilon", (float)_plan.NormEpsilon));

    private string NormWeight(string name, ProjectionSite? site)
    {
        float[] factors = _weights.Read(name + ".weight");
        for (int i = 0; _plan.NormOffset != 0 && i < factors.Length; i++)
        {
            factors[i] += (float)_plan.NormOffset;
        }

        if (site is not null && _quantization.Of(site).Divisors is { } divisors)
        {
            TensorPrimitives.Divide(factors, divisors, factors);
        }

        return _graph.Constant(name + ".weight", factors, factors.Length);
    }
}
