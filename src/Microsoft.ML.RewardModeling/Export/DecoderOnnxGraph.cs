using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Heads;
using Microsoft.ML.RewardModeling.Models.Plans;
using DataType = Microsoft.ML.RewardModeling.Export.Onnx.TensorProto.Types.DataType;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>
/// The graph of a reward model in standard ONNX operators of opset 23. Inputs: <c>input_ids</c> [batch, length] int64, padded
/// on the right, and <c>lengths</c> [batch] int64, the real tokens of each row. Output: <c>reward</c> [batch] fp32, read at
/// the last real token. Attention is causal, so padding on the right is never seen and needs no mask; after the last layer's
/// attention only the last real token is computed on.
/// </summary>
internal sealed class DecoderOnnxGraph
{
    public const int Opset = 23;
    public const int IrVersion = 10;

    private readonly DecoderPlan _plan;
    private readonly ExportWeights _weights;
    private readonly OnnxGraphBuilder _graph;
    private readonly int _maxLength;
    private readonly RopePlan[] _ropes;
    private string[] _positions = [];
    private OnnxAttention _attention = null!;

    private DecoderOnnxGraph(DecoderPlan plan, ExportWeights weights, OnnxGraphBuilder graph, int maxLength)
        => (_plan, _weights, _graph, _maxLength, _ropes)
            = (plan, weights, graph, maxLength, [.. plan.Layers.Select(layer => layer.Rope).OfType<RopePlan>().Distinct()]);

    /// <summary>Adds the whole model to <paramref name="graph"/>; it reads up to <paramref name="maxLength"/> tokens.</summary>
    public static void Build(DecoderPlan plan, ExportWeights weights, OnnxGraphBuilder graph, int maxLength, CancellationToken cancellationToken)
        => new DecoderOnnxGraph(plan, weights, graph, maxLength).Build(cancellationToken);

    private void Build(CancellationToken cancellationToken)
    {
        ExportLimits.Check(_plan, _maxLength);
        _graph.Input("input_ids", DataType.Int64, "batch", "length");
        _graph.Input("lengths", DataType.Int64, "batch");
        _graph.Constant("one", [1L], 1);
        string range = Range();
        _positions = [.. _ropes.Select((rope, i) => Positions(rope, i, range))];
        _attention = new OnnxAttention(_graph, _plan, range);
        string last = _graph.Node("Unsqueeze", "last_position", [_graph.Node("Sub", "lengths_minus_one", ["lengths", "one"]), "one"]); // [B, 1]
        string embedding = _graph.Constant("model.embed_tokens.weight", _weights.ReadEmbedding(), _plan.Vocabulary, _plan.Hidden);
        string x = _graph.Node("Gather", "embedding", [embedding, "input_ids"]); // [B, T, H]
        if (_plan.EmbeddingScale != 1)
        {
            x = _graph.Node("Mul", "scaled_embedding", [x, _graph.Constant("embedding_scale", [(float)_plan.EmbeddingScale])]);
        }

        for (int i = 0; i < _plan.Layers.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            x = Layer(i, x, i == _plan.Layers.Count - 1 ? last : null);
        }

        string pooled = Norm("model.norm", x); // [B, H]
        HeadPlan head = _weights.Head;
        string reward = Linear(head.Parts[0], pooled, head.Bias); // [B, 1], or [B, W] in an MLP
        if (head.Kind == RewardHeadKind.Mlp)
        {
            reward = Linear(head.Last, _graph.Node("Relu", "score.relu", [reward]), head.Bias); // [B, 1]
        }

        _graph.Node("Squeeze", "reward", [reward, "one"]);
        _graph.Output("reward", DataType.Float, "batch");
    }

    /// <summary>0, 1, ... [T].</summary>
    private string Range()
    {
        _graph.Constant("first", [0L]);
        _graph.Constant("step", [1L]);
        string length = _graph.Node("Squeeze", "length", [_graph.Node("Shape", "length_1d", ["input_ids"], ("start", 1), ("end", 2))]);
        return _graph.Node("Range", "range", ["first", length, "step"]);
    }

    /// <summary>
    /// The rotary tables of an embedding, and every token's row in them [B, T]. With longrope the tables of long texts lie
    /// behind those of short ones, and rows of long texts point there.
    /// </summary>
    private string Positions(RopePlan rope, int index, string range)
    {
        bool twoTables = rope.LengthClass(_maxLength) > 0;
        (float[] cos, float[] sin) = RotaryTables(rope, _maxLength, 0);
        if (twoTables)
        {
            (float[] longCos, float[] longSin) = RotaryTables(rope, _maxLength, rope.LengthClass(_maxLength));
            (cos, sin) = ([.. cos, .. longCos], [.. sin, .. longSin]);
        }

        int rows = cos.Length / (rope.Dim / 2);
        _graph.Constant($"cos{index}", cos, rows, rope.Dim / 2);
        _graph.Constant($"sin{index}", sin, rows, rope.Dim / 2);
        string shape = _graph.Node("Shape", $"batch_and_length{index}", ["input_ids"]); // [2]
        string positions = _graph.Node("Expand", $"positions{index}", [range, shape]);
        if (!twoTables)
        {
            return positions;
        }

        string isLong = _graph.Node("Greater", $"is_long{index}", ["lengths", _graph.Constant($"original{index}", [(long)rope.OriginalPositions], 1)]);
        string behind = _graph.Node("Mul", $"behind{index}", [
            _graph.Node("Cast", $"is_long{index}.number", [isLong], ("to", (int)DataType.Int64)), _graph.Constant($"table{index}", [(long)_maxLength], 1)]);
        return _graph.Node("Add", $"rows{index}", [positions, _graph.Node("Unsqueeze", $"behind{index}.column", [behind, "one"])]);
    }

    private string Layer(int index, string x, string? onlyAt)
    {
        LayerNames names = LayerNames.Of(_plan, index);
        string name = FormattableString.Invariant($"model.layers.{index}.");
        string attended = _attention.Build(name + "self_attn", Heads(names, Norm(names.AttentionNorm, x), _plan.Layers[index].Rope), _plan.Layers[index].Window);
        if (onlyAt is not null)
        {
            attended = _graph.Node("GatherND", name + "self_attn.last", [attended, onlyAt], ("batch_dims", 1)); // [B, heads * D]
            x = _graph.Node("GatherND", name + "residual.last", [x, onlyAt], ("batch_dims", 1)); // [B, H]
        }

        attended = Linear(names.Output, attended, _plan.OutputBias);
        attended = names.AfterAttentionNorm is { } after ? Norm(after, attended) : attended;
        x = _graph.Node("Add", name + "after_attention", [x, attended]);
        string[] inner = Projections(names.GateUp, Norm(names.MlpNorm, x), [_plan.Inner, _plan.Inner], _plan.MlpBias);
        string down = Linear(names.Down, _graph.Node("Mul", name + "mlp.gated", [Activate(name + "mlp.", inner[0]), inner[1]]), _plan.MlpBias);
        down = names.AfterMlpNorm is { } afterMlp ? Norm(afterMlp, down) : down;
        return _graph.Node("Add", name + "after_mlp", [x, down]);
    }

    private string Activate(string name, string gate)
    {
        if (_plan.Activation != Activation.Silu)
        {
            return _graph.Node("Gelu", name + "gelu", [gate], ("approximate", _plan.Activation == Activation.GeluTanh ? "tanh" : "none"));
        }

        return _graph.Node("Mul", name + "silu", [gate, _graph.Node("Sigmoid", name + "sigmoid", [gate])]);
    }

    /// <summary>Queries [B, T, heads * D], keys and values [B, T, groups * D], ready for attention.</summary>
    private string[] Heads(LayerNames names, string x, RopePlan? rope)
    {
        int queries = _plan.Heads * _plan.HeadDim, keys = _plan.KeyValueHeads * _plan.HeadDim;
        string[] projected = Projections(names.QueryKeyValue, x, [queries, keys, keys], _plan.InputBias);
        return [Turn(projected[0], names.QueryNorm, _plan.Heads, rope), Turn(projected[1], names.KeyNorm, _plan.KeyValueHeads, rope), projected[2]];
    }

    /// <summary>Queries or keys, normed per head if the model does, and turned by their positions.</summary>
    private string Turn(string projected, string? norm, int heads, RopePlan? rope)
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

        int table = Array.IndexOf(_ropes, rope);
        string[] inputs = [projected, $"cos{table}", $"sin{table}", _positions[table]];
        return rope.Dim == _plan.HeadDim
            ? _graph.Node("RotaryEmbedding", name + ".rotated", inputs, ("num_heads", heads))
            : _graph.Node("RotaryEmbedding", name + ".rotated", inputs, ("num_heads", heads), ("rotary_embedding_dim", rope.Dim));
    }

    private string Norm(string name, string x)
    {
        float[] values = _weights.Read(name + ".weight");
        float[] factors = _plan.NormOffset == 0 ? values : [.. values.Select(value => value + (float)_plan.NormOffset)];
        string weight = _graph.Constant(name + ".weight", factors, factors.Length);
        return _graph.Node("RMSNormalization", name, [x, weight], ("axis", -1), ("epsilon", (float)_plan.NormEpsilon));
    }

    /// <summary>One product per width, also where one tensor holds the rows of all.</summary>
    private string[] Projections(IReadOnlyList<string> names, string x, int[] widths, bool bias)
    {
        if (names.Count == widths.Length)
        {
            return [.. names.Select(name => Linear(name, x, bias))];
        }

        string[] results = new string[widths.Length];
        for (int i = 0, start = 0; i < widths.Length; start += widths[i], i++)
        {
            string part = FormattableString.Invariant($"{names[0]}.{i}");
            string weight = _graph.Constant(part + ".weight", _weights.ReadTransposed(names[0] + ".weight", start, widths[i]), _plan.Hidden, widths[i]);
            results[i] = _graph.Node("MatMul", part, [x, weight]);
            if (bias)
            {
                string term = _graph.Constant(part + ".bias", _weights.Read(names[0] + ".bias").AsSpan(start, widths[i]), widths[i]);
                results[i] = _graph.Node("Add", part + ".with_bias", [results[i], term]);
            }
        }

        return results;
    }

    private string Linear(string name, string x, bool bias = false)
    {
        long[] shape = _weights.ShapeOf(name + ".weight");
        string weight = _graph.Constant(name + ".weight", _weights.ReadTransposed(name + ".weight"), shape[1], shape[0]);
        string product = _graph.Node("MatMul", name, [x, weight]);
        return bias
            ? _graph.Node("Add", name + ".with_bias", [product, _graph.Constant(name + ".bias", _weights.Read(name + ".bias"), shape[0])])
            : product;
    }

    /// <summary>
    /// cos and sin of position * frequency, rounded to fp32 where the reference implementation rounds: frequency, then angle.
    /// </summary>
    internal static (float[] Cos, float[] Sin) RotaryTables(RopePlan rope, int length, int lengthClass)
    {
        double[] frequencies = RopeFrequencies.Compute(rope, lengthClass);
        int half = frequencies.Length;
        float[] cos = new float[length * half];
        float[] sin = new float[length * half];
        for (int i = 0; i < half; i++)
        {
            float frequency = (float)frequencies[i];
            for (int position = 0; position < length; position++)
            {
                float angle = position * frequency;
                cos[(position * half) + i] = (float)(Math.Cos(angle) * rope.Amplitude);
                sin[(position * half) + i] = (float)(Math.Sin(angle) * rope.Amplitude);
            }
        }

        return (cos, sin);
    }
}
