using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>The tensors of a saved reward model that the graph needs, checked together and read one at a time as fp32.</summary>
internal sealed class ExportWeights
{
    private const string Embedding = "model.embed_tokens.weight";
    private const string LanguageHead = "lm_head.weight";

    private readonly WeightsDirectory _weights;
    private readonly Dictionary<string, long[]> _shapes;
    private readonly string _embedding;

    /// <exception cref="RewardModelingException">Tensors are missing, misshapen or of an unusable type; all are named.</exception>
    public ExportWeights(BackboneConfig config, WeightsDirectory weights)
    {
        _weights = weights;
        // A tied embedding may be stored under either name.
        _embedding = config.TieWordEmbeddings && !weights.TryGet(Embedding, out _) ? LanguageHead : Embedding;
        _shapes = Shapes(config, _embedding);
        weights.RequireExactly(_shapes, IsUnused);
    }

    /// <summary>Bytes of all tensors as fp32.</summary>
    public long SingleByteLength => _shapes.Values.Sum(shape => shape.Aggregate(4L, (bytes, dimension) => checked(bytes * dimension)));

    public long[] ShapeOf(string name) => _shapes[name];

    /// <summary>The token embedding [V, H].</summary>
    public float[] ReadEmbedding() => Read(_embedding);

    public float[] Read(string name) => _weights.Tensors[name].ToSingles();

    /// <summary>A projection stored [out, in] as [in, out], the order a MatMul on the right takes.</summary>
    public float[] ReadTransposed(string name)
    {
        long[] shape = _shapes[name];
        return Transpose(Read(name), (int)shape[0], (int)shape[1]);
    }

    internal static float[] Transpose(float[] source, int rows, int columns)
    {
        const int Block = 32;
        float[] result = new float[source.Length];
        for (int row = 0; row < rows; row += Block)
        {
            for (int column = 0; column < columns; column += Block)
            {
                for (int r = row; r < Math.Min(rows, row + Block); r++)
                {
                    for (int c = column; c < Math.Min(columns, column + Block); c++)
                    {
                        result[((long)c * rows) + r] = source[((long)r * columns) + c];
                    }
                }
            }
        }

        return result;
    }

    // The language-model head stays behind; rotary buffers of old checkpoints are recomputed.
    private static bool IsUnused(string name)
        => name is LanguageHead or Embedding || name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal);

    private static Dictionary<string, long[]> Shapes(BackboneConfig config, string embedding)
    {
        int query = config.Heads * config.HeadDim;
        int keyValue = config.KeyValueHeads * config.HeadDim;
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal) { [embedding] = [config.VocabularySize, config.HiddenSize] };
        void Linear(string name, int outputs, int inputs, bool bias)
        {
            shapes.Add(name + ".weight", [outputs, inputs]);
            if (bias)
            {
                shapes.Add(name + ".bias", [outputs]);
            }
        }

        for (int i = 0; i < config.Layers; i++)
        {
            string layer = $"model.layers.{i}.";
            shapes.Add(layer + "input_layernorm.weight", [config.HiddenSize]);
            Linear(layer + "self_attn.q_proj", query, config.HiddenSize, config.AttentionBias);
            Linear(layer + "self_attn.k_proj", keyValue, config.HiddenSize, config.AttentionBias);
            Linear(layer + "self_attn.v_proj", keyValue, config.HiddenSize, config.AttentionBias);
            Linear(layer + "self_attn.o_proj", config.HiddenSize, query, config.AttentionBias);
            shapes.Add(layer + "post_attention_layernorm.weight", [config.HiddenSize]);
            Linear(layer + "mlp.gate_proj", config.IntermediateSize, config.HiddenSize, config.MlpBias);
            Linear(layer + "mlp.up_proj", config.IntermediateSize, config.HiddenSize, config.MlpBias);
            Linear(layer + "mlp.down_proj", config.HiddenSize, config.IntermediateSize, config.MlpBias);
        }

        shapes.Add("model.norm.weight", [config.HiddenSize]);
        shapes.Add("score.weight", [1, config.HiddenSize]);
        return shapes;
    }
}
