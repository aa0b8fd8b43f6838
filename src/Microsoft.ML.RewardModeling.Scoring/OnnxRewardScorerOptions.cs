using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>How an <see cref="OnnxRewardScorer"/> is loaded. The defaults suit a machine that does nothing else.</summary>
public sealed class OnnxRewardScorerOptions
{
    /// <summary>The default of <see cref="TokenBudget"/>.</summary>
    internal const int DefaultTokenBudget = 16_384;

    /// <summary>The default of <see cref="LookAhead"/>.</summary>
    internal const int DefaultLookAhead = 256;

    /// <summary>
    /// The most tokens of prompt and answer together; longer texts are truncated. Default null: the maximum of the export.
    /// At least 2, at most the maximum of the export.
    /// </summary>
    public int? MaxLength { get; init; }

    /// <summary>How answers are put into runs of the model. Default <see cref="ScoringStrategy.Automatic"/>.</summary>
    public ScoringStrategy Strategy { get; init; } = ScoringStrategy.Automatic;

    /// <summary>
    /// How many runs of the model go on at the same time, over all calls of this scorer. At least 1. Default null:
    /// <see cref="Environment.ProcessorCount"/> unpadded, 1 batched.
    /// </summary>
    public int? MaxConcurrency { get; init; }

    /// <summary>
    /// The most tokens, padding included, that all runs in progress hold together; it bounds the memory of the activations. A single answer
    /// that is longer runs alone. Default 16,384. At least 1.
    /// </summary>
    public int TokenBudget { get; init; } = DefaultTokenBudget;

    /// <summary>
    /// How many rows <see cref="OnnxRewardScorer.ScoreRowsAsync"/> reads ahead of the row it hands out. Default 256. At least 1.
    /// </summary>
    public int LookAhead { get; init; } = DefaultLookAhead;

    /// <summary>
    /// Whether the files are compared with the SHA-256 values of the manifest when loading. Default true. It costs about half a second
    /// per gigabyte of weights.
    /// </summary>
    public bool VerifyHashes { get; init; } = true;

    /// <summary>
    /// Called with ONNX Runtime's session options before a session is made, for example to append an execution provider. Unpadded scoring on
    /// several processors makes a second session for single answers, in the background. Default null: the CPU provider.
    /// </summary>
    public Action<SessionOptions>? ConfigureSession { get; init; }

    internal static void Validate(OnnxRewardScorerOptions options, int exportMaxLength)
    {
        List<string> errors = [];
        if (options.MaxLength is int length && (length < 2 || length > exportMaxLength))
        {
            errors.Add($"{nameof(MaxLength)} is {length}; expected 2 to {exportMaxLength}, the maximum length the model was exported with");
        }

        if (!Enum.IsDefined(options.Strategy))
        {
            errors.Add($"{nameof(Strategy)} is {options.Strategy}; expected {string.Join(", ", Enum.GetNames<ScoringStrategy>())}");
        }

        AtLeastOne(nameof(MaxConcurrency), options.MaxConcurrency);
        AtLeastOne(nameof(TokenBudget), options.TokenBudget);
        AtLeastOne(nameof(LookAhead), options.LookAhead);
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join("; ", errors) + ".", nameof(options));
        }

        void AtLeastOne(string name, int? value)
        {
            if (value < 1)
            {
                errors.Add($"{name} is {value}; expected at least 1");
            }
        }
    }
}
