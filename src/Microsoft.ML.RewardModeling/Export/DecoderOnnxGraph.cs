using Microsoft.ML.RewardModeling.Models.Plans;
using DataType = Microsoft.ML.RewardModeling.Export.Onnx.TensorProto.Types.DataType;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>
/// The graph of a reward model in standard ONNX operators of opset 23, for the plans that
/// <see cref="ExportLimits"/> lets through. Inputs: <c>input_ids</c>
/// [batch, length] int64, padded on the right, and <c>lengths</c> [batch] int64, the real tokens of each row. Output:
/// <c>reward</c> [batch] fp32, read at the last real token. Attention is causal, so padding on the right is never seen
/// and needs no mask; after the last layer's attention only the last real token is computed on.
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
        string positions = Positions();
        string last = _graph.Node("Unsqueeze", "last_position", [_graph.Node("Sub", "lengths_minus_one", ["lengths", "one"]), "one"]); // [B, 1]
        string embedding = _graph.Constant("model.embed_tokens.weight", _weights.ReadEmbedding(), _plan.Vocabulary, _plan.Hidden);
        string x = _graph.Node("Gather", "embedding", [embedding, "input_ids"]); // [B, T, H]
        for (int i = 0; i < _plan.Layers.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            x = Layer(i, x, positions, i == _plan.Layers.Count - 1 ? last : null);
        }

        string pooled = Norm("model.norm", x); // [B, H]
        string reward = Linear("score", pooled, bias: false); // [B, 1]
        _graph.Node("Squeeze", "reward", [reward, "one"]);
        _graph.Output("reward", DataType.Float, "batch");
    }

    /// <summary>Positions 0, 1, ... of every row [B, T], and the rotary tables [maxLength, D / 2] of every embedding.</summary>
    private string Positions()
    {
        for (int i = 0; i < _ropes.Length; i++)
        {
            (float[] cos, float[] sin) = RotaryTables(_ropes[i], _maxLength);
            _graph.Constant($"cos{i}", cos, _maxLength, _ropes[i].Dim / 2);
            _graph.Constant($"sin{i}", sin, _maxLength, _ropes[i].Dim / 2);
        }

        _graph.Constant("first", [0L]);
        _graph.Constant("step", [1L]);
        string shape = _graph.Node("Shape", "batch_and_length", ["input_ids"]); // [2]
        string length = _graph.Node("Squeeze", "length", [_graph.Node("Shape", "length_1d", ["input_ids"], ("start", 1), ("end", 2))]);
        string range = _graph.Node("Range", "range", ["first", length, "step"]); // [T]
        return _graph.Node("Expand", "positions", [range, shape]);
    }

    private string Layer(int index, string x, string positions, string? onlyAt)
    {
        LayerNames names = LayerNames.Of(_plan, index);
        string name = FormattableString.Invariant($"model.layers.{index}.");
        RopePlan? rope = _plan.Layers[index].Rope;
        string normed = Norm(names.AttentionNorm, x);
        string query = Head(names.QueryKeyValue[0], names.QueryNorm, normed, positions, _plan.Heads, rope);
        string key = Head(names.QueryKeyValue[1], names.KeyNorm, normed, positions, _plan.KeyValueHeads, rope);
        string value = Linear(names.QueryKeyValue[2], normed, _plan.InputBias);
        string attended = _graph.Node("Attention", name + "self_attn", [query, key, value],
            ("is_causal", 1), ("q_num_heads", _plan.Heads), ("kv_num_heads", _plan.KeyValueHeads), ("scale", (float)_plan.QueryScale)); // [B, T, heads * D]
        if (onlyAt is not null)
        {
            attended = _graph.Node("GatherND", name + "self_attn.last", [attended, onlyAt], ("batch_dims", 1)); // [B, heads * D]
            x = _graph.Node("GatherND", name + "residual.last", [x, onlyAt], ("batch_dims", 1)); // [B, H]
        }

        x = _graph.Node("Add", name + "after_attention", [x, Linear(names.Output, attended, _plan.OutputBias)]);
        normed = Norm(names.MlpNorm, x);
        string gate = Linear(names.GateUp[0], normed, _plan.MlpBias);
        string silu = _graph.Node("Mul", name + "mlp.silu", [gate, _graph.Node("Sigmoid", name + "mlp.sigmoid", [gate])]);
        string gated = _graph.Node("Mul", name + "mlp.gated", [silu, Linear(names.GateUp[1], normed, _plan.MlpBias)]);
        return _graph.Node("Add", name + "after_mlp", [x, Linear(names.Down, gated, _plan.MlpBias)]);
    }

    /// <summary>Queries or keys [B, T, heads * D]: projected, normed per head if the model does, and turned by their positions.</summary>
    private string Head(string name, string? norm, string x, string positions, int heads, RopePlan? rope)
    {
        string projected = Linear(name, x, _plan.InputBias);
        if (norm is not null)
        {
            string shape = _graph.Constant(name + ".heads", [0L, 0L, heads, _plan.HeadDim], 4);
            string normed = Norm(norm, _graph.Node("Reshape", name + ".split", [projected, shape]));
            projected = _graph.Node("Reshape", name + ".joined", [normed, _graph.Constant(name + ".width", [0L, 0L, -1L], 3)]);
        }

        int table = Array.IndexOf(_ropes, rope);
        return rope is null ? projected : _graph.Node("RotaryEmbedding", name + ".rotated", [projected, $"cos{table}", $"sin{table}", positions], ("num_heads", heads));
    }

    private string Norm(string name, string x)
    {
        float[] values = _weights.Read(name + ".weight");
        string weight = _graph.Constant(name + ".weight", values, values.Length);
        return _graph.Node("RMSNormalization", name, [x, weight], ("axis", -1), ("epsilon", (float)_plan.NormEpsilon));
    }

    private string Linear(string name, string x, bool bias)
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
    internal static (float[] Cos, float[] Sin) RotaryTables(RopePlan rope, int length)
    {
        double[] frequencies = RopeFrequencies.Compute(rope, rope.LengthClass(length));
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
