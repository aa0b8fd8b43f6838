using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Heads;
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
    private readonly OnnxGraphBuilder _graph;
    private readonly GraphForm _form;
    private readonly OnnxPlaces _places;
    private readonly OnnxAttention _attention;
    private readonly OrderedDictionary<RopePlan, OnnxRotary> _ropes = [];

    private DecoderOnnxGraph(DecoderPlan plan, ExportWeights weights, OnnxGraphBuilder graph, int maxLength, GraphForm form)
    {
        (_plan, _weights, _graph, _form) = (plan, weights, graph, form);
        graph.Input("input_ids", DataType.Int64, "batch", "length");
        graph.Input("lengths", DataType.Int64, "batch");
        for (int i = 0; form == GraphForm.Continuing && i < plan.Layers.Count; i++)
        {
            graph.Input(OnnxPlaces.Past(i, "key"), DataType.Float, Cache("past_length"));
            graph.Input(OnnxPlaces.Past(i, "value"), DataType.Float, Cache("past_length"));
        }

        _places = new OnnxPlaces(graph, form);
        _attention = new OnnxAttention(graph, plan, _places, form, maxLength);
        foreach (RopePlan rope in plan.Layers.Select(layer => layer.Rope).OfType<RopePlan>().Distinct())
        {
            _ropes.Add(rope, _places.Rotary(rope, _ropes.Count, maxLength));
        }
    }

    /// <summary>Adds the whole model to <paramref name="graph"/>; it reads up to <paramref name="maxLength"/> tokens.</summary>
    public static void Build(
        DecoderPlan plan, ExportWeights weights, OnnxGraphBuilder graph, int maxLength, GraphForm form, CancellationToken cancellationToken)
    {
        ExportLimits.Check(plan, maxLength);
        new DecoderOnnxGraph(plan, weights, graph, maxLength, form).Build(cancellationToken);
    }

    /// <summary>
    /// Whether keys of a text's beginning do not depend on how the text goes on: longrope turns them by other angles once
    /// the whole text is long.
    /// </summary>
    public static bool CanContinue(DecoderPlan plan, int maxLength) => plan.Layers.All(layer => layer.Rope is null || layer.Rope.LengthClass(maxLength) == 0);

    private void Build(CancellationToken cancellationToken)
    {
        string x = Embedding();
        for (int i = 0; i < _plan.Layers.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            x = Layer(i, x, i == _plan.Layers.Count - 1);
        }

        _graph.Node("Squeeze", "reward", [Head(Norm("model.norm", x)), "last_axes"]);
        _graph.Output("reward", DataType.Float, "batch");
        for (int i = 0; _form == GraphForm.Continuing && i < _plan.Layers.Count; i++)
        {
            _graph.Output(OnnxPlaces.Present(i, "key"), DataType.Float, Cache("total_length"));
            _graph.Output(OnnxPlaces.Present(i, "value"), DataType.Float, Cache("total_length"));
        }
    }

    /// <summary>[B, 1, 1] of states [B, 1, H], in fp32 whatever the precision.</summary>
    private string Head(string x)
    {
        HeadPlan head = _weights.Head;
        string reward = Linear(head.Parts[0], x, head.Bias, DataType.Float);
        return head.Kind == RewardHeadKind.Mlp ? Linear(head.Last, _graph.Node("Relu", "score.relu", [reward]), head.Bias, DataType.Float) : reward;
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

    private string Layer(int index, string x, bool isLast)
    {
        LayerNames names = LayerNames.Of(_plan, index);
        string name = FormattableString.Invariant($"model.layers.{index}.");
        string normed = Norm(names.AttentionNorm, x), asking = normed;
        if (isLast)
        {
            asking = _places.AtLast(name + "self_attn.last", normed);   // [B, 1, H]
            x = _places.AtLast(name + "residual.last", x);              // [B, 1, H]
        }

        string attended = Linear(names.Output, _attention.Build(name + "self_attn", index, Heads(names, asking, normed, _plan.Layers[index].Rope), isLast), _plan.OutputBias);
        x = _graph.Node("Add", name + "after_attention", [x, names.AfterAttentionNorm is { } after ? Norm(after, attended) : attended]);
        string[] inner = Projections(names.GateUp, [Norm(names.MlpNorm, x)], [_plan.Inner, _plan.Inner], _plan.MlpBias);
        string down = Linear(names.Down, _graph.Node("Mul", name + "mlp.gated", [Activate(name + "mlp.", inner[0]), inner[1]]), _plan.MlpBias);
        return _graph.Node("Add", name + "after_mlp", [x, names.AfterMlpNorm is { } afterMlp ? Norm(afterMlp, down) : down]);
    }

    private string Activate(string name, string gate)
    {
        if (_plan.Activation != Activation.Silu)
        {
            return _graph.Node("Gelu", name + "gelu", [gate], ("approximate", _plan.Activation == Activation.GeluTanh ? "tanh" : "none"));
        }

        return _graph.Node("Mul", name + "silu", [gate, _graph.Node("Sigmoid", name + "sigmoid", [gate])]);
    }

    /// <summary>Queries of the asking tokens, keys and values of all new ones, ready for attention.</summary>
    private string[] Heads(LayerNames names, string asking, string all, RopePlan? rope)
    {
        int queries = _plan.Heads * _plan.HeadDim, keys = _plan.KeyValueHeads * _plan.HeadDim;
        OnnxRotary? rotary = rope is null ? null : _ropes[rope];
        string[] projected = Projections(names.QueryKeyValue, [asking, all, all], [queries, keys, keys], _plan.InputBias);
        return
        [
            Turn(projected[0], names.QueryNorm, _plan.Heads, rope, rotary, asking == all ? rotary?.Positions : rotary?.LastPosition),
            Turn(projected[1], names.KeyNorm, _plan.KeyValueHeads, rope, rotary, rotary?.Positions),
            projected[2],
        ];
    }

    /// <summary>Queries or keys, normed per head if the model does, and turned by their positions.</summary>
    private string Turn(string projected, string? norm, int heads, RopePlan? rope, OnnxRotary? rotary, string? positions)
    {
        string name = projected;
        if (norm is not null)
        {
            string shape = _graph.Constant(name + ".heads", [0L, 0L, heads, _plan.HeadDim], 4);
            string normed = Norm(norm, _graph.Node("Reshape", name + ".split", [projected, shape]));
            projected = _graph.Node("Reshape", name + ".joined", [normed, _graph.Constant(name + ".width", [0L, 0L, -1L], 3)]);
        }

        if (rope is null)
        {
            return projected;
        }

        string[] inputs = [projected, rotary!.Cosine, rotary.Sine, positions!];
        return rope.Dim == _plan.HeadDim
            ? _graph.Node("RotaryEmbedding", name + ".rotated", inputs, ("num_heads", heads))
            : _graph.Node("RotaryEmbedding", name + ".rotated", inputs, ("num_heads", heads), ("rotary_embedding_dim", rope.Dim));
    }

    private string Norm(string name, string x)
    {
        float[] factors = _weights.Read(name + ".weight");
        for (int i = 0; _plan.NormOffset != 0 && i < factors.Length; i++)
        {
            factors[i] += (float)_plan.NormOffset;
        }

        string weight = _graph.Constant(name + ".weight", factors, factors.Length);
        return _graph.Node("RMSNormalization", name, [x, weight], ("axis", -1), ("epsilon", (float)_plan.NormEpsilon));
    }

    /// <summary>One product per width, also where one tensor holds the rows of all.</summary>
    private string[] Projections(IReadOnlyList<string> names, string[] inputs, int[] widths, bool bias)
    {
        string Input(int i) => inputs[Math.Min(i, inputs.Length - 1)];
        if (names.Count == widths.Length)
        {
            return [.. names.Select((name, i) => Linear(name, Input(i), bias))];
        }

        string[] results = new string[widths.Length];
        for (int i = 0, start = 0; i < widths.Length; start += widths[i], i++)
        {
            (int from, int width) = (start, widths[i]);
            string part = FormattableString.Invariant($"{names[0]}.{i}");
            results[i] = Product(part, Input(i), _plan.Hidden, width, () => _weights.ReadTransposed(names[0] + ".weight", from, width), _weights.Type);
            results[i] = bias ? Biased(part, results[i], _weights.Read(names[0] + ".bias")[from..(from + width)]) : results[i];
        }

        return results;
    }

    private string Linear(string name, string x, bool bias) => Linear(name, x, bias, _weights.Type);

    private string Linear(string name, string x, bool bias, DataType type)
    {
        long[] shape = _weights.ShapeOf(name + ".weight");
        string product = Product(name, x, shape[1], shape[0], () => _weights.ReadTransposed(name + ".weight"), type);
        return bias ? Biased(name, product, _weights.Read(name + ".bias")) : product;
    }

    /// <summary>x w of [.., rows] and [rows, columns]; a weight of a lower precision is widened, which runtimes do once, when they load.</summary>
    private string Product(string name, string x, long rows, long columns, Func<float[]> read, DataType type)
    {
        string weight = type == DataType.Int8
            ? Levels(name + ".weight", rows, checked((int)columns), read)
            : _graph.Weight(name + ".weight", new TensorValues(type, [rows, columns], read));
        weight = type is DataType.Float or DataType.Int8 ? weight : _graph.Node("Cast", name + ".weight.fp32", [weight], ("to", (int)DataType.Float));
        return _graph.Node("MatMul", name, [x, weight]);
    }

    /// <summary>
    /// A weight of 8-bit levels times a scale per block. Written with Cast and Mul, which runtimes compute once when they
    /// load; DequantizeLinear would be computed at every run.
    /// </summary>
    private string Levels(string name, long rows, int columns, Func<float[]> read)
    {
        int size = BlockQuantization.SizeFor(rows);
        string levels = _graph.Weight(name, new TensorValues(DataType.Int8, [rows / size, size, columns], () => BlockQuantization.Columns(read(), columns, size).Levels));
        string scales = _graph.Weight(name + ".scale", new TensorValues(DataType.Float, [rows / size, 1, columns], () => BlockQuantization.Columns(read(), columns, size).Scales));
        string product = _graph.Node("Mul", name + ".blocks", [_graph.Node("Cast", name + ".levels", [levels], ("to", (int)DataType.Float)), scales]);
        return _graph.Node("Reshape", name + ".fp32", [product, _graph.Constant(name + ".shape", [rows, columns], 2)]);
    }

    private string Biased(string name, string product, float[] bias)
        => _graph.Node("Add", name + ".with_bias", [product, _graph.Constant(name + ".bias", bias, bias.Length)]);
}
