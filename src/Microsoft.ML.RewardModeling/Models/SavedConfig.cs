using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models.Heads;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>
/// The <c>config.json</c> of a saved reward model: the backbone's, with what transformers' and vLLM's sequence classifiers
/// read. docs/model-directories.md says which key is for whom.
/// </summary>
internal static class SavedConfig
{
    /// <summary>The type of the weights as safetensors names it.</summary>
    public static string TypeOf(BackboneConfig config, SavedWeightType type) => type switch
    {
        SavedWeightType.Bf16 => "BF16",
        SavedWeightType.Fp16 => "F16",
        SavedWeightType.AsLoaded when config.Dtype == "bfloat16" => "BF16",
        SavedWeightType.AsLoaded when config.Dtype == "float16" => "F16",
        _ => "F32",
    };

    public static JsonObject Create(RewardModel model, RewardModelSaveOptions options, int padTokenId)
    {
        JsonObject config = model.Config.Raw.ValueKind == JsonValueKind.Object ? JsonObject.Create(model.Config.Raw.Clone())! : Sizes(model.Config);
        string type = TypeOf(model.Config, options.WeightType) switch { "BF16" => "bfloat16", "F16" => "float16", _ => "float32" };

        // auto_map points to Python code that is not copied; a reward scale is in the head already.
        foreach (string key in (IEnumerable<string>)["_name_or_path", "auto_map", .. RewardScale.Keys])
        {
            config.Remove(key);
        }

        config["architectures"] = new JsonArray(Architecture(model));
        config["problem_type"] = "regression";
        config["num_labels"] = 1;
        config["id2label"] = new JsonObject { ["0"] = "LABEL_0" };
        config["label2id"] = new JsonObject { ["LABEL_0"] = 0 };
        config["pad_token_id"] = padTokenId;

        // transformers read torch_dtype until 4.55 and dtype since.
        config["torch_dtype"] = type;
        config["dtype"] = type;

        // vLLM's score endpoint and sentence-transformers' CrossEncoder put a sigmoid on one label without this.
        JsonObject sentences = config["sentence_transformers"] as JsonObject ?? [];
        sentences["activation_fn"] = "torch.nn.modules.linear.Identity";
        config["sentence_transformers"] = sentences;
        return config;
    }

    /// <summary>The class that serves the model; an MLP head has none in transformers, so it must not claim one.</summary>
    private static string Architecture(RewardModel model) => model.Head == RewardHeadKind.Linear
        ? model.Plan.ClassifierArchitecture
        : model.Plan.ClassifierArchitecture.Replace("ForSequenceClassification", "ForRewardModel", StringComparison.Ordinal);

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
}
