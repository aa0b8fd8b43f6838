using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>Reads and checks <c>config.json</c>; collects every problem before it fails.</summary>
internal sealed class BackboneConfigReader
{
    private static readonly string[] SupportedArchitectures =
    [
        "LlamaForCausalLM", "LlamaForSequenceClassification", "MistralForCausalLM", "MistralForSequenceClassification",
    ];

    private readonly JsonElement _root;
    private readonly List<string> _problems = [];

    private BackboneConfigReader(JsonElement root) => _root = root;

    public static BackboneConfig Read(JsonElement root, string source)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new RewardModelingException($"{source}: expected a JSON object, found {root.ValueKind}.");
        }

        var reader = new BackboneConfigReader(root);
        BackboneConfig config = reader.Read();
        return reader._problems.Count == 0
            ? config
            : throw new RewardModelingException($"{source}: {string.Join("; ", reader._problems)}.");
    }

    private BackboneConfig Read()
    {
        string architecture = Architecture();
        int heads = Positive("num_attention_heads");
        int hidden = Positive("hidden_size");
        int keyValueHeads = Positive("num_key_value_heads", heads);
        int headDim = Positive("head_dim", heads > 0 && hidden % heads == 0 ? hidden / heads : 0);
        var config = new BackboneConfig
        {
            ModelType = Text("model_type") ?? (architecture.StartsWith("Mistral", StringComparison.Ordinal) ? "mistral" : "llama"),
            Architecture = architecture,
            VocabularySize = Positive("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = Positive("intermediate_size"),
            Layers = Positive("num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadDim = headDim,
            MaxPositions = Positive("max_position_embeddings", 2048),
            RmsNormEpsilon = Number("rms_norm_eps", 1e-6),
            RopeTheta = Rope(),
            TieWordEmbeddings = Flag("tie_word_embeddings"),
            AttentionBias = Flag("attention_bias"),
            MlpBias = Flag("mlp_bias"),
            InitializerRange = Number("initializer_range", 0.02),
            BosTokenId = Ids("bos_token_id") is [int bos, ..] ? bos : null,
            EosTokenIds = Ids("eos_token_id"),
            PadTokenId = Ids("pad_token_id") is [int pad, ..] ? pad : null,
            Dtype = Text("torch_dtype") ?? Text("dtype") ?? "float32",
            Raw = _root,
        };
        CheckSizes(config);
        CheckUnsupported(config);
        return config;
    }

    private void CheckSizes(BackboneConfig config)
    {
        if (config.KeyValueHeads > 0 && config.Heads % config.KeyValueHeads != 0)
        {
            _problems.Add($"num_attention_heads {config.Heads} is no multiple of num_key_value_heads {config.KeyValueHeads}");
        }

        if (config.HeadDim % 2 != 0)
        {
            _problems.Add($"head_dim {config.HeadDim} is odd; rotary embedding turns pairs, so it must be even");
        }
    }

    private void CheckUnsupported(BackboneConfig config)
    {
        Require("hidden_act", value => value.ValueKind == JsonValueKind.String && value.GetString() is "silu" or "swish", "silu");
        Require("pretraining_tp", value => IsNumber(value, tp => tp <= 1), "1");
        Require("partial_rotary_factor", value => IsNumber(value, part => part == 1), "1");
        Require("quantization_config", _ => false, "weights that are not quantised");
        Require("sliding_window", value => IsNumber(value, window => window >= config.MaxPositions), "null, or at least max_position_embeddings");
        if (config.IsSequenceClassifier)
        {
            Require("num_labels", value => IsNumber(value, labels => labels == 1), "1");
            Require("id2label", value => value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Count() == 1, "exactly one label");
        }
    }

    private string Architecture()
    {
        string? name = _root.TryGetProperty("architectures", out JsonElement list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == 1
            && list[0].ValueKind == JsonValueKind.String ? list[0].GetString() : null;
        string type = Text("model_type") ?? "llama";
        if (name is null || !SupportedArchitectures.Contains(name) || type is not ("llama" or "mistral"))
        {
            string found = list.ValueKind == JsonValueKind.Undefined ? "none" : list.GetRawText();
            _problems.Add($"architectures {found} with model_type '{type}' is not supported; expected one of {string.Join(", ", SupportedArchitectures)}");
        }

        return name ?? string.Empty;
    }

    // Until version 4 of transformers rope_theta and rope_scaling; since version 5 one object rope_parameters.
    private double Rope()
    {
        double theta = Number("rope_theta", 10000);
        foreach (string key in (string[])["rope_scaling", "rope_parameters"])
        {
            if (!Has(key, out JsonElement scaling))
            {
                continue;
            }

            string? type = scaling.ValueKind != JsonValueKind.Object ? null
                : (scaling.TryGetProperty("rope_type", out JsonElement t) || scaling.TryGetProperty("type", out t)) && t.ValueKind == JsonValueKind.String ? t.GetString() : null;
            if (type != "default")
            {
                _problems.Add($"{key} {scaling.GetRawText()} is not supported; expected null or the type 'default'");
            }
            else if (scaling.TryGetProperty("rope_theta", out JsonElement inner) && inner.ValueKind == JsonValueKind.Number)
            {
                theta = inner.GetDouble();
            }
        }

        if (!(theta > 0) || double.IsInfinity(theta))
        {
            _problems.Add($"rope_theta {theta} is not above 0");
        }

        return theta;
    }

    private bool Has(string key, out JsonElement value)
        => _root.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    private void Require(string key, Func<JsonElement, bool> supported, string expected)
    {
        if (Has(key, out JsonElement value) && !supported(value))
        {
            _problems.Add($"{key} {value.GetRawText()} changes the arithmetic and is not supported; expected {expected}");
        }
    }

    private static bool IsNumber(JsonElement value, Func<double, bool> condition)
        => value.ValueKind == JsonValueKind.Number && condition(value.GetDouble());

    private int Positive(string key, int? fallback = null)
    {
        if (!Has(key, out JsonElement value) && fallback is { } number)
        {
            return number;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int found) && found > 0)
        {
            return found;
        }

        _problems.Add($"{key} is {(value.ValueKind == JsonValueKind.Undefined ? "missing" : value.GetRawText())}; expected a whole number above 0");
        return 0;
    }

    private double Number(string key, double fallback)
    {
        if (!Has(key, out JsonElement value))
        {
            return fallback;
        }

        if (value.ValueKind == JsonValueKind.Number)
        {
            return value.GetDouble();
        }

        _problems.Add($"{key} is {value.GetRawText()}; expected a number");
        return fallback;
    }

    private bool Flag(string key)
    {
        if (!Has(key, out JsonElement value))
        {
            return false;
        }

        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            _problems.Add($"{key} is {value.GetRawText()}; expected true or false");
        }

        return value.ValueKind == JsonValueKind.True;
    }

    private string? Text(string key)
        => Has(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private int[] Ids(string key)
    {
        if (!Has(key, out JsonElement value))
        {
            return [];
        }

        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        var ids = new List<int>();
        foreach (JsonElement item in items)
        {
            if (item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0)
            {
                ids.Add(id);
            }
            else
            {
                _problems.Add($"{key} is {value.GetRawText()}; expected an id, a list of ids, or null");
                break;
            }
        }

        return [.. ids];
    }
}
