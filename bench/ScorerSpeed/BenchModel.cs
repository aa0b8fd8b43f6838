using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Models;

namespace ScorerSpeed;

/// <summary>The model that all figures are for: 12.6 million random parameters in the shape of a Llama.</summary>
internal static class BenchModel
{
    public const int Hidden = 384, Layers = 6, Heads = 6, KeyValueHeads = 2, Mlp = 1024, Vocabulary = 8192, MaxLength = 1024;

    /// <summary>
    /// Writes the model into <paramref name="folder"/>/model, its export into <paramref name="folder"/>/onnx, and one with attention in single
    /// operators into <paramref name="folder"/>/onnx-undivided.
    /// </summary>
    public static (string Export, string Undivided) Export(string folder, string tokenizerFolder)
    {
        BackboneConfig config = BackboneConfig.Parse(
            $$"""
            {
              "architectures": ["LlamaForSequenceClassification"], "model_type": "llama", "hidden_act": "silu", "vocab_size": {{Vocabulary}},
              "hidden_size": {{Hidden}}, "intermediate_size": {{Mlp}}, "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}},
              "num_key_value_heads": {{KeyValueHeads}}, "head_dim": {{Hidden / Heads}}, "max_position_embeddings": {{MaxLength}},
              "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2,
              "initializer_range": 0.02, "torch_dtype": "float32"
            }
            """,
            "ScorerSpeed");
        string model = Path.Combine(folder, "model");
        using (RewardModel made = RewardModel.Create(config, seed: 1))
        {
            made.Save(model, new RewardModelSaveOptions { TokenizerDirectory = tokenizerFolder });
        }

        string onnx = Path.Combine(folder, "onnx"), undivided = Path.Combine(folder, "onnx-undivided");
        OnnxExporter.Export(model, onnx, new OnnxExportOptions { Optimize = true });
        OnnxExporter.Export(model, undivided, new OnnxExportOptions { AttentionBlocks = 1 });
        return (onnx, undivided);
    }

    /// <summary>
    /// Floating-point operations that scoring a sequence of this length needs: two for each weight of the layers, and the lower triangle of
    /// attention. Of the last layer every token has keys and values, and only the last token the rest. The embedding is a look-up.
    /// </summary>
    public static double Operations(int length)
    {
        const double KeysAndValues = 2.0 * Hidden * KeyValueHeads * (Hidden / Heads);
        const double Rest = (2.0 * Hidden * Hidden) + (3.0 * Hidden * Mlp);
        double whole = (2.0 * (KeysAndValues + Rest) * length) + Attention(length * (length + 1) / 2.0);
        double last = (2.0 * KeysAndValues * length) + (2.0 * Rest) + Attention(length);
        return ((Layers - 1) * whole) + last;
    }

    // Scores and mixed values of so many pairs of tokens.
    private static double Attention(double pairs) => 2.0 * 2.0 * Hidden * pairs;
}
