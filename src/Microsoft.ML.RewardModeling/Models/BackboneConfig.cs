using System.Text.Json;
using Microsoft.ML.RewardModeling.Models.Families;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>
/// What <c>config.json</c> of a Hugging Face model directory says about a decoder of the families Llama, Mistral, Qwen2,
/// Qwen3, SmolLM3, Gemma 2, Gemma 3 (text) and Phi-3, as <c>*ForCausalLM</c> or <c>*ForSequenceClassification</c>.
/// A key that would change the arithmetic and is not supported is an error, never a silent approximation.
/// </summary>
public sealed record BackboneConfig
{
    /// <summary><c>model_type</c>, for example <c>llama</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>The one entry of <c>architectures</c>, for example <c>LlamaForCausalLM</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Rows of the token embedding.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width inside the gated MLP.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Size of one head; even. Not always <see cref="HiddenSize"/> / <see cref="Heads"/>.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Longest sequence the positions were trained for.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Epsilon of every RMSNorm.</summary>
    public required double RmsNormEpsilon { get; init; }

    /// <summary>Base of the rotary frequencies.</summary>
    public required double RopeTheta { get; init; }

    /// <summary>Whether the language-model head is the embedding.</summary>
    public required bool TieWordEmbeddings { get; init; }

    /// <summary>Whether the attention projections have a bias.</summary>
    public required bool AttentionBias { get; init; }

    /// <summary>Whether the MLP projections have a bias.</summary>
    public required bool MlpBias { get; init; }

    /// <summary>Standard deviation of random weights.</summary>
    public required double InitializerRange { get; init; }

    /// <summary>Id of the beginning-of-sequence token, if any.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Ids that end a text; empty when the file has none.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Id of the padding token, if any.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>The type the weights were saved in, for example <c>bfloat16</c>; <c>float32</c> when not stated.</summary>
    public required string Dtype { get; init; }

    /// <summary>Whether the directory already is a reward model (<c>*ForSequenceClassification</c> with one label).</summary>
    public bool IsSequenceClassifier => Architecture.EndsWith("ForSequenceClassification", StringComparison.Ordinal);

    /// <summary>Whether the architecture's name says that there is a reward head, whoever made the directory.</summary>
    internal bool IsRewardArchitecture => IsSequenceClassifier || RewardArchitectures.IsReward(Architecture);

    /// <summary>The whole file, so that keys this library does not use survive saving.</summary>
    public JsonElement Raw { get; init; }

    /// <summary>Reads <c>config.json</c> of a model directory.</summary>
    /// <param name="directory">The model directory.</param>
    /// <returns>The checked configuration.</returns>
    /// <exception cref="RewardModelingException">The file is missing, no JSON, or describes a model that is not supported; every reason is named.</exception>
    public static BackboneConfig Load(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string path = Path.Combine(directory, "config.json");
        if (!File.Exists(path))
        {
            string what = Directory.Exists(directory) ? "there is no config.json in this folder" : "there is no such folder";
            throw new RewardModelingException($"{directory}: {what}; expected a Hugging Face model directory (config.json, model.safetensors, tokenizer.json).");
        }

        return Parse(File.ReadAllText(path), path);
    }

    /// <summary>Reads the text of a <c>config.json</c>.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">Where it came from, for error messages.</param>
    /// <returns>The checked configuration.</returns>
    /// <exception cref="RewardModelingException">See <see cref="Load"/>.</exception>
    public static BackboneConfig Parse(string json, string source)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return BackboneConfigReader.Read(document.RootElement.Clone(), source);
        }
        catch (JsonException e)
        {
            throw new RewardModelingException($"{source}: not valid JSON ({e.Message}). Fetch the file again.", e);
        }
    }
}
