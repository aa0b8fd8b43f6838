using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models.Plans;
using Microsoft.ML.RewardModeling.Models.Weights;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>Writes a reward model as a Hugging Face directory that transformers and vLLM serve as a sequence classifier.</summary>
internal static class RewardModelWriter
{
    public const string CardName = "reward_model.json";
    public const string LanguageCardName = "language_model.json";
    public const string MetricsName = "metrics.jsonl";

    private const string ConfigName = "config.json";
    private const string WeightsName = "model.safetensors";
    private const int FormatVersion = 1;

    private static readonly string[] CopiedFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja", "chat_template.json",
        "vocab.json", "merges.txt", "tokenizer.model", "generation_config.json", "LICENSE", "LICENSE.txt", "NOTICE", "NOTICE.md",
    ];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(RewardModel model, string directory, RewardModelSaveOptions options)
    {
        string temporary = Path.Combine(directory, $".saving-{Path.GetRandomFileName()}");
        try
        {
            Directory.CreateDirectory(temporary);
            WriteWeights(model, Path.Combine(temporary, WeightsName), options.KeepLoadedType, options.AsLanguageModel);
            CopyFiles(options.TokenizerDirectory ?? model.Directory, temporary, options.MetricsPath);
            File.WriteAllText(Path.Combine(temporary, options.AsLanguageModel ? LanguageCardName : CardName), Card(options.Card).ToJsonString(Indented) + "\n");
            File.WriteAllText(Path.Combine(temporary, ConfigName), Config(model, options).ToJsonString(Indented) + "\n");
            PutInPlace(temporary, directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{directory}: the model cannot be saved here ({error.Message}). Choose a folder that can be written.", error);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    /// <summary>
    /// A padding id that closes no real text: the wanted one, the configured one, the unknown or beginning token, or the
    /// lowest id left.
    /// </summary>
    internal static int PadTokenId(BackboneConfig config, RewardModelSaveOptions options)
    {
        HashSet<int> closing = [.. config.EosTokenIds, .. options.ClosingTokenIds];
        if (options.PadTokenId is { } wanted && closing.Contains(wanted))
        {
            throw new RewardModelingException(
                $"Padding id {wanted} also ends real texts; a sequence classifier would read the reward one token early. Choose another id.");
        }

        int?[] candidates = [options.PadTokenId, config.PadTokenId, config.BosTokenId];
        return candidates.FirstOrDefault(id => id is { } value && value >= 0 && value < config.VocabularySize && !closing.Contains(value))
            ?? Enumerable.Range(0, config.VocabularySize).First(id => !closing.Contains(id));
    }

    private static JsonObject Config(RewardModel model, RewardModelSaveOptions options)
    {
        JsonObject config = model.Config.Raw.ValueKind == JsonValueKind.Object ? JsonObject.Create(model.Config.Raw.Clone())! : Sizes(model.Config);
        string type = options.KeepLoadedType ? model.Config.Dtype : "float32";
        if (options.AsLanguageModel)
        {
            config["architectures"] = new JsonArray(LanguageModelArchitecture(model));
            foreach (string name in (string[])["problem_type", "num_labels", "id2label", "label2id"])
            {
                config.Remove(name);
            }
        }
        else
        {
            config["architectures"] = new JsonArray(model.Plan.ClassifierArchitecture);
            config["problem_type"] = "regression";
            config["num_labels"] = 1;
            config["id2label"] = new JsonObject { ["0"] = "LABEL_0" };
            config["label2id"] = new JsonObject { ["LABEL_0"] = 0 };
        }

        config["pad_token_id"] = PadTokenId(model.Config, options);
        config[config.ContainsKey("dtype") && !config.ContainsKey("torch_dtype") ? "dtype" : "torch_dtype"] = type;
        config.Remove("_name_or_path");
        return config;
    }

    private static string LanguageModelArchitecture(RewardModel model)
    {
        const string Causal = "ForCausalLM";
        string name = model.Config.Architecture;
        return name.EndsWith(Causal, StringComparison.Ordinal) ? name
            : model.Plan.ClassifierArchitecture.Replace("ForSequenceClassification", Causal, StringComparison.Ordinal).Replace("Gemma3Text", "Gemma3", StringComparison.Ordinal);
    }

    /// <summary>The file of a configuration that was made in code and not read.</summary>
    private static JsonObject Sizes(BackboneConfig config) => new()
    {
        ["model_type"] = config.ModelType,
        ["vocab_size"] = config.VocabularySize,
        ["hidden_size"] = config.HiddenSize,
        ["intermediate_size"] = config.IntermediateSize,
        ["num_hidden_layers"] = config.Layers,
        ["num_attention_heads"] = config.Heads,
        ["num_key_value_heads"] = config.KeyValueHeads,
        ["head_dim"] = config.HeadDim,
        ["hidden_act"] = "silu",
        ["max_position_embeddings"] = config.MaxPositions,
        ["rms_norm_eps"] = config.RmsNormEpsilon,
        ["rope_theta"] = config.RopeTheta,
        ["tie_word_embeddings"] = config.TieWordEmbeddings,
        ["attention_bias"] = config.AttentionBias,
        ["mlp_bias"] = config.MlpBias,
        ["initializer_range"] = config.InitializerRange,
        ["bos_token_id"] = config.BosTokenId,
        ["eos_token_id"] = new JsonArray([.. config.EosTokenIds.Select(id => (JsonNode)id)]),
    };

    private static JsonObject Card(JsonObject? card)
    {
        JsonObject result = new() { ["format_version"] = FormatVersion };
        foreach ((string name, JsonNode? value) in card ?? [])
        {
            result[name] = value?.DeepClone();
        }

        return result;
    }

    private static void WriteWeights(RewardModel model, string path, bool keepType, bool asLanguageModel)
    {
        string type = !keepType ? "F32" : model.Config.Dtype switch
        {
            "bfloat16" => "BF16",
            "float16" => "F16",
            _ => "F32",
        };
        SafetensorsWriter.Write(
            path,
            model.Parameters.Items.Where(item => !(asLanguageModel && item.Key == DecoderTensors.ScoreName)).Select(item => new SafetensorsSource(item.Key, type, item.Value.shape, stream => WriteTensor(stream, item.Value, type))),
            new Dictionary<string, string> { ["format"] = "pt" });
    }

    internal static void WriteTensor(Stream stream, Tensor tensor, string type)
    {
        using DisposeScope scope = NewDisposeScope();
        ModelWeights.VisitParts(tensor.detach().cpu().contiguous(), (_, values) => stream.Write(type switch
        {
            "F32" => MemoryMarshal.AsBytes(values),
            "BF16" => BFloat16(values),
            _ => Float16(values),
        }));
    }

    /// <summary>Rounds to the nearest bfloat16, ties to even, as torch does.</summary>
    private static byte[] BFloat16(ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * 2];
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            ushort rounded = float.IsNaN(values[i]) ? (ushort)0x7fc0 : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * 2), rounded);
        }

        return bytes;
    }

    private static ReadOnlySpan<byte> Float16(ReadOnlySpan<float> values)
    {
        Half[] halves = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, halves);
        return MemoryMarshal.AsBytes<Half>(halves);
    }

    private static void CopyFiles(string? source, string target, string? metrics)
    {
        foreach (string name in source is null ? [] : CopiedFiles)
        {
            if (File.Exists(Path.Combine(source!, name)))
            {
                File.Copy(Path.Combine(source!, name), Path.Combine(target, name));
            }
        }

        if (metrics is not null && File.Exists(metrics))
        {
            File.Copy(metrics, Path.Combine(target, MetricsName));
        }
    }

    /// <summary>Moves the files over older ones; the folder is no model between the first move and the last.</summary>
    private static void PutInPlace(string temporary, string directory)
    {
        File.Delete(Path.Combine(directory, ConfigName));
        foreach (string file in Directory.GetFiles(temporary).OrderBy(file => Path.GetFileName(file) == ConfigName))
        {
            File.Move(file, Path.Combine(directory, Path.GetFileName(file)), overwrite: true);
        }
    }
}
