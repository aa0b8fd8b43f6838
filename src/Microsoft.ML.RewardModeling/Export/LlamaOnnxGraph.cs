using Microsoft.ML.RewardModeling.Models;
using DataType = Microsoft.ML.RewardModeling.Export.Onnx.TensorProto.Types.DataType;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>
/// The graph of a reward model of the Llama family in standard ONNX operators of opset 23. Inputs: <c>input_ids</c>
/// [batch, length] int64, padded on the right, and <c>lengths</c> [batch] int64, the real tokens of each row. Output:
/// <c>reward</c> [batch] fp32, read at the last real token. Attention is causal, so padding on the right is never seen
/// and needs no mask; after the last layer's attention only the last real token is computed on.
/// </summary>
internal sealed class LlamaOnnxGraph
{
    public const int Opset = 23;
    public const int IrVersion = 10;

    private readonly BackboneConfig _config;
    private readonly ExportWeights _weights;
    private readonly OnnxGraphBuilder _graph;
    private readonly int _maxLength;

    private LlamaOnnxGraph(BackboneConfig config, ExportWeights weights, OnnxGraphBuilder graph, int maxLength)
        => (_config, _weights, _graph, _maxLength) = (config, weights, graph, maxLength);

    /// <summary>Adds the whole model to <paramref name="graph"/>; it reads up to <paramref name="maxLength"/> tokens.</summary>
    public static void Build(BackboneConfig config, ExportWeights weights, OnnxGraphBuilder graph, int maxLength, CancellationToken cancellationToken)
        => new LlamaOnnxGraph(config, weights, graph, maxLength).Build(cancellationToken);

    private void Build(CancellationToken cancellationToken)
    {
        _graph.Input("input_ids", DataType.Int64, "batch", "length");
        _graph.Input("lengths", DataType.Int64, "batch");
        _graph.Constant("one", [1L], 1);
        string positions = Positions();
        string last = _graph.Node("Unsqueeze", "last_position", [_graph.Node("Sub", "lengths_minus_one", ["lengths", "one"]), "one"]); // [B, 1]
        string embedding = _graph.Constant("model.embed_tokens.weight", _weights.ReadEmbedding(), _config.VocabularySize, _config.HiddenSize);
        string x = _graph.Node("Gather", "embedding", [embedding, "input_ids"]); // [B, T, H]
        for (int i = 0; i < _config.Layers; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            x = Layer($"model.layers.{i}.", x, positions, i == _config.Layers - 1 ? last : null);
        }

        string pooled = Norm("model.norm", x); // [B, H]
        string reward = Linear("score", pooled, bias: false); // [B, 1]
        _graph.Node("Squeeze", "reward", [reward, "one"]);
        _graph.Output("reward", DataType.Float, "batch");
    }

    /// <summary>Positions 0, 1, ... of every row [B, T], and the rotary tables [maxLength, D / 2].</summary>
    private string Positions()
    {
        (float[] cos, float[] sin) = RotaryTables(_config.RopeTheta, _config.HeadDim, _maxLength);
        _graph.Constant("cos", cos, _maxLength, _config.HeadDim / 2);
        _graph.Constant("sin", sin, _maxLength, _config.HeadDim / 2);
        _graph.Constant("first", [0L]);
        _graph.Constant("step", [1L]);
        string shape = _graph.Node("Shape", "batch_and_length", ["input_ids"]); // [2]
        string length = _graph.Node("Squeeze", "length", [_graph.Node("Shape", "length_1d", ["input_ids"], ("start", 1), ("end", 2))]);
        string range = _graph.Node("Range", "range", ["first", length, "step"]); // [T]
        return _graph.Node("Expand", "positions", [range, shape]);
    }

    private string Layer(string name, string x, string positions, string? onlyAt)
    {
        string normed = Norm(name + "input_layernorm", x);
        string query = Rotate(name + "self_attn.q_rotated", Linear(name + "self_attn.q_proj", normed, _config.AttentionBias), positions, _config.Heads);
        string key = Rotate(name + "self_attn.k_rotated", Linear(name + "self_attn.k_proj", normed, _config.AttentionBias), positions, _config.KeyValueHeads);
        string value = Linear(name + "self_attn.v_proj", normed, _config.AttentionBias);
        string attended = _graph.Node("Attention", name + "self_attn", [query, key, value],
            ("is_causal", 1), ("q_num_heads", _config.Heads), ("kv_num_heads", _config.KeyValueHeads)); // [B, T, heads * D]
        if (onlyAt is not null)
        {
            attended = _graph.Node("GatherND", name + "self_attn.last", [attended, onlyAt], ("batch_dims", 1)); // [B, heads * D]
            x = _graph.Node("GatherND", name + "residual.last", [x, onlyAt], ("batch_dims", 1)); // [B, H]
        }

        x = _graph.Node("Add", name + "after_attention", [x, Linear(name + "self_attn.o_proj", attended, _config.AttentionBias)]);
        normed = Norm(name + "post_attention_layernorm", x);
        string gate = Linear(name + "mlp.gate_proj", normed, _config.MlpBias);
        string silu = _graph.Node("Mul", name + "mlp.silu", [gate, _graph.Node("Sigmoid", name + "mlp.sigmoid", [gate])]);
        string gated = _graph.Node("Mul", name + "mlp.gated", [silu, Linear(name + "mlp.up_proj", normed, _config.MlpBias)]);
        return _graph.Node("Add", name + "after_mlp", [x, Linear(name + "mlp.down_proj", gated, _config.MlpBias)]);
    }

    private string Norm(string name, string x)
    {
        string weight = _graph.Constant(name + ".weight", _weights.Read(name + ".weight"), _config.HiddenSize);
        return _graph.Node("RMSNormalization", name, [x, weight], ("axis", -1), ("epsilon", (float)_config.RmsNormEpsilon));
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

    private string Rotate(string name, string x, string positions, int heads)
        => _graph.Node("RotaryEmbedding", name, [x, "cos", "sin", positions], ("num_heads", heads));

    /// <summary>
    /// cos and sin of position * theta^(-2i/D), rounded to fp32 where the reference implementation rounds: frequency,
    /// then angle.
    /// </summary>
    internal static (float[] Cos, float[] Sin) RotaryTables(double theta, int headDim, int length)
    {
        int half = headDim / 2;
        float[] cos = new float[length * half];
        float[] sin = new float[length * half];
        for (int i = 0; i < half; i++)
        {
            float frequency = 1f / (float)Math.Pow(theta, (float)(2 * i) / headDim);
            for (int position = 0; position < length; position++)
            {
                float angle = position * frequency;
                cos[(position * half) + i] = (float)Math.Cos(angle);
                sin[(position * half) + i] = (float)Math.Sin(angle);
            }
        }

        return (cos, sin);
    }
}
