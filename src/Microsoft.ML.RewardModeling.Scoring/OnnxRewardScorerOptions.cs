using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>How an <see cref="OnnxRewardScorer"/> is loaded. The defaults suit a machine that does nothing else.</summary>
public sealed class OnnxRewardScorerOptions
{
    /// <summary>
    /// The most tokens of prompt and answer together; longer texts are truncated. Default null: the maximum of the export.
    /// At least 2, at most the maximum of the export.
    /// </summary>
    public int? MaxLength { get; init; }

    /// <summary>
    /// How many answers are scored at the same time. Default null: <see cref="Environment.ProcessorCount"/>. At least 1. Each runs on one
    /// thread, unpadded, which is faster than padded batches on many threads.
    /// </summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>
    /// Whether the files are compared with the SHA-256 values of the manifest when loading. Default true. It costs about half a second
    /// per gigabyte of weights.
    /// </summary>
    public bool VerifyHashes { get; init; } = true;

    /// <summary>
    /// Called once with ONNX Runtime's session options before the session is made, for example to append an execution provider.
    /// Default null: the CPU provider.
    /// </summary>
    public Action<SessionOptions>? ConfigureSession { get; init; }

    internal static void Validate(OnnxRewardScorerOptions options, int exportMaxLength)
    {
        List<string> errors = [];
        if (options.MaxLength is int length && (length < 2 || length > exportMaxLength))
        {
            errors.Add($"{nameof(MaxLength)} is {length}; expected 2 to {exportMaxLength}, the maximum length the model was exported with");
        }

        if (options.MaxConcurrency is int concurrency && concurrency < 1)
        {
            errors.Add($"{nameof(MaxConcurrency)} is {concurrency}; expected at least 1");
        }

        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", errors) + ".", nameof(options));
        }
    }
}
