using System.Text.Json.Nodes;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>What <see cref="RewardModel.Save"/> writes beside the weights.</summary>
public sealed record RewardModelSaveOptions
{
    /// <summary>Folder whose tokenizer, template and licence files are copied. Default: the folder the model was loaded from.</summary>
    public string? TokenizerDirectory { get; init; }

    /// <summary>
    /// Ids that may close a real text, such as the newline after an end-of-turn token. Padding must differ from them and from
    /// the configured end-of-text ids, because transformers looks for the last id that is not padding. Default empty.
    /// </summary>
    public IReadOnlyList<int> ClosingTokenIds { get; init; } = [];

    /// <summary>The padding id to prefer. Default: the configuration's, if it closes no text; else one is picked.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>The type of the weights. Default <see cref="SavedWeightType.Fp32"/>.</summary>
    public SavedWeightType WeightType { get; init; }

    /// <summary>
    /// Weights larger than this are written as several files with an index, each at most this large unless one tensor alone
    /// is larger. Default 5,000,000,000 bytes.
    /// </summary>
    public long MaxShardBytes { get; init; } = 5_000_000_000;

    /// <summary>
    /// The content of <c>reward_model.json</c>: objective, options, data hash, maximum length, versions.
    /// <c>format_version</c> is added. Default null: the file has the version only.
    /// </summary>
    public JsonObject? Card { get; init; }

    /// <summary>The metrics of the training run, copied as <c>metrics.jsonl</c>. Default null.</summary>
    public string? MetricsPath { get; init; }
}
