using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models.Weights;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests;

/// <summary>Writes tiny random Llama directories (hidden 32, 2 layers, 4 heads, 2 key-value heads) with a real tokenizer.</summary>
internal static class TinyModel
{
    public const int Hidden = 32, Intermediate = 48, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadDim = 8, Vocabulary = 4096;

    public static string Write(
        string directory, bool classifier = true, bool bias = false, string dtype = "F32", int seed = 1, int maxPositions = 256,
        int vocabulary = Vocabulary, Action<string, float[]>? change = null)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "config.json"), Config(classifier, bias, maxPositions, vocabulary).ToJsonString());
        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"])
        {
            File.Copy(TestData.Own("models", "rm-nano-base", name), Path.Combine(directory, name), overwrite: true);
        }

        var random = new Random(seed);
        SafetensorsWriter.Write(
            Path.Combine(directory, "model.safetensors"),
            [.. Shapes(classifier, bias, vocabulary).Select(p => Tensor(p.Key, p.Value, dtype, random, change))],
            new Dictionary<string, string> { ["format"] = "pt" });
        return directory;
    }

    private static SafetensorsSource Tensor(string name, long[] shape, string dtype, Random random, Action<string, float[]>? change)
    {
        float[] values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        bool norm = name.EndsWith("norm.weight", StringComparison.Ordinal);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (norm ? 1f : 0f) + (((float)random.NextDouble() - 0.5f) * 0.6f);
        }

        change?.Invoke(name, values);
        byte[] bytes = dtype switch
        {
            "F32" => MemoryMarshal.AsBytes<float>(values).ToArray(),
            "F16" => MemoryMarshal.AsBytes<Half>(values.Select(v => (Half)v).ToArray()).ToArray(),
            "BF16" => MemoryMarshal.AsBytes<ushort>(values.Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)).ToArray()).ToArray(),
            _ => throw new ArgumentOutOfRangeException(nameof(dtype)),
        };
        return new SafetensorsSource(name, dtype, shape, s => s.Write(bytes));
    }

    private static JsonObject Config(bool classifier, bool bias, int maxPositions, int vocabulary)
    {
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray(classifier ? "LlamaForSequenceClassification" : "LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["attention_bias"] = bias,
            ["mlp_bias"] = bias,
            ["bos_token_id"] = 1,
            ["eos_token_id"] = 2,
            ["pad_token_id"] = 0,
            ["head_dim"] = HeadDim,
            ["hidden_act"] = "silu",
            ["hidden_size"] = Hidden,
            ["initializer_range"] = 0.02,
            ["intermediate_size"] = Intermediate,
            ["max_position_embeddings"] = maxPositions,
            ["num_attention_heads"] = Heads,
            ["num_hidden_layers"] = Layers,
            ["num_key_value_heads"] = KeyValueHeads,
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["tie_word_embeddings"] = true,
            ["torch_dtype"] = "float32",
            ["vocab_size"] = vocabulary,
        };
        if (classifier)
        {
            config["id2label"] = new JsonObject { ["0"] = "LABEL_0" };
            config["problem_type"] = "regression";
        }

        return config;
    }

    public static Dictionary<string, long[]> Shapes(bool classifier, bool bias, int vocabulary = Vocabulary)
    {
        var shapes = new Dictionary<string, long[]> { ["model.embed_tokens.weight"] = [vocabulary, Hidden] };
        for (int i = 0; i < Layers; i++)
        {
            string layer = string.Create(CultureInfo.InvariantCulture, $"model.layers.{i}.");
            shapes[layer + "input_layernorm.weight"] = [Hidden];
            shapes[layer + "post_attention_layernorm.weight"] = [Hidden];
            foreach ((string name, long outputs, long inputs) in ((string, long, long)[])
                [("self_attn.q_proj", Heads * HeadDim, Hidden), ("self_attn.k_proj", KeyValueHeads * HeadDim, Hidden),
                 ("self_attn.v_proj", KeyValueHeads * HeadDim, Hidden), ("self_attn.o_proj", Hidden, Heads * HeadDim),
                 ("mlp.gate_proj", Intermediate, Hidden), ("mlp.up_proj", Intermediate, Hidden), ("mlp.down_proj", Hidden, Intermediate)])
            {
                shapes[layer + name + ".weight"] = [outputs, inputs];
                if (bias)
                {
                    shapes[layer + name + ".bias"] = [outputs];
                }
            }
        }

        shapes["model.norm.weight"] = [Hidden];
        if (classifier)
        {
            shapes["score.weight"] = [1, Hidden];
        }

        return shapes;
    }
}
