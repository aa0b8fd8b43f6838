using System.Text.Json;
using Microsoft.ML.RewardModeling.Models.Families;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>Reads and checks <c>config.json</c>; collects every problem before it fails.</summary>
internal static class BackboneConfigReader
{
    public static BackboneConfig Read(JsonElement root, string source)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new RewardModelingException($"{source}: expected a JSON object, found {root.ValueKind}.");
        }

        List<string> problems = [];
        ConfigKeys keys = new(root, problems);
        (Family? family, string architecture) = Architecture(root, keys);
        BackboneConfig config = Sizes(keys, root, family ?? LlamaFamily.Family, architecture);
        CheckSizes(config, keys);
        if (config.IsSequenceClassifier)
        {
            keys.Require("num_labels", value => UnsupportedKeys.IsNumber(value, labels => labels == 1), "1");
            keys.Require("id2label", value => value.ValueKind == JsonValueKind.Object && value.EnumerateObject().Count() == 1, "exactly one label");
        }

        if (family is not null)
        {
            UnsupportedKeys.Check(keys, family);

            // Sizes that are not there would only repeat themselves in what is derived from them.
            if (problems.Count == 0)
            {
                family.Map(config, keys);
            }
        }

        return problems.Count == 0 ? config : throw new RewardModelingException($"{source}: {string.Join("; ", problems)}.");
    }

    private static BackboneConfig Sizes(ConfigKeys keys, JsonElement root, Family family, string architecture)
    {
        FamilyDefaults defaults = family.Defaults;
        int heads = keys.Positive("num_attention_heads");
        int hidden = keys.Positive("hidden_size");
        int sharedHeads = keys.Contains("num_key_value_heads") ? heads : defaults.KeyValueHeads ?? heads;
        int maxPositions = keys.Positive("max_position_embeddings", defaults.MaxPositions);
        return new BackboneConfig
        {
            ModelType = family.ModelType,
            Architecture = architecture,
            VocabularySize = keys.Positive("vocab_size"),
            HiddenSize = hidden,
            IntermediateSize = keys.Positive("intermediate_size"),
            Layers = keys.Positive("num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = keys.Positive("num_key_value_heads", sharedHeads),
            HeadDim = keys.Positive("head_dim", defaults.HeadDim ?? (heads > 0 ? hidden / heads : 0)),
            MaxPositions = maxPositions,
            RmsNormEpsilon = keys.Number("rms_norm_eps", defaults.NormEpsilon),
            RopeTheta = RopeReader.Theta(keys, defaults.RopeTheta),
            TieWordEmbeddings = keys.Flag("tie_word_embeddings", defaults.TiedHead),
            AttentionBias = keys.Flag("attention_bias"),
            MlpBias = keys.Flag("mlp_bias"),
            InitializerRange = keys.Number("initializer_range", 0.02),
            BosTokenId = keys.Ids("bos_token_id") is [int bos, ..] ? bos : null,
            EosTokenIds = keys.Ids("eos_token_id"),
            PadTokenId = keys.Ids("pad_token_id") is [int pad, ..] ? pad : null,
            Dtype = keys.Text("torch_dtype") ?? keys.Text("dtype") ?? "float32",
            Raw = root,
        };
    }

    private static void CheckSizes(BackboneConfig config, ConfigKeys keys)
    {
        if (config.KeyValueHeads > 0 && config.Heads % config.KeyValueHeads != 0)
        {
            keys.Problem($"num_attention_heads {config.Heads} is no multiple of num_key_value_heads {config.KeyValueHeads}");
        }

        if (!keys.Contains("head_dim") && config.Heads > 0 && config.HeadDim == config.HiddenSize / config.Heads && config.HiddenSize % config.Heads != 0)
        {
            keys.Problem($"hidden_size {config.HiddenSize} is no multiple of num_attention_heads {config.Heads}, and there is no head_dim");
        }

        if (config.HeadDim % 2 != 0)
        {
            keys.Problem($"head_dim {config.HeadDim} is odd; rotary embedding turns pairs, so it must be even");
        }
    }

    private static (Family? Family, string Architecture) Architecture(JsonElement root, ConfigKeys keys)
    {
        string? name = root.TryGetProperty("architectures", out JsonElement list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() == 1
            && list[0].ValueKind == JsonValueKind.String ? list[0].GetString() : null;
        Family? family = name is null ? null : SupportedFamilies.Find(name, keys.Text("model_type"));
        if (family is null && list.ValueKind != JsonValueKind.Undefined && keys.Has("text_config", out _))
        {
            keys.Problem(
                $"architectures {list.GetRawText()} is a model of text and images, which is not supported; expected its language model alone, "
                + "with text_config as config.json (Gemma3ForCausalLM for Gemma 3)");
        }
        else if (family is null)
        {
            if (name is not null && RewardArchitectures.Refusal(name) is { } refusal)
            {
                keys.Problem($"architectures {list.GetRawText()}: {refusal}");
                return (null, name);
            }

            string found = list.ValueKind == JsonValueKind.Undefined ? "none" : list.GetRawText();
            keys.Problem(
                $"architectures {found} with model_type '{keys.Text("model_type")}' is not supported; expected one of "
                + string.Join(", ", SupportedFamilies.All.SelectMany(each => each.Architectures)));
        }

        return (family, name ?? string.Empty);
    }
}
