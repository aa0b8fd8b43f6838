namespace Microsoft.ML.RewardModeling;

/// <summary>What a training run did.</summary>
public sealed record TrainingSummary
{
    /// <summary>Optimizer steps, those before a resume included.</summary>
    public required int Steps { get; init; }

    /// <summary>Training pairs, lists or blocks of text.</summary>
    public required int Pairs { get; init; }

    /// <summary>Validation pairs, lists or blocks of text.</summary>
    public required int ValidationPairs { get; init; }

    /// <summary>Pairs left out because both sides had the same tokens.</summary>
    public required int EqualPairs { get; init; }

    /// <summary>Training pairs of which something was cut to the maximum length.</summary>
    public required int TruncatedPairs { get; init; }

    /// <summary>Mean loss over the last epoch's steps.</summary>
    public required double Loss { get; init; }

    /// <summary>Mean of the objective over the last epoch's steps.</summary>
    public required double RankLoss { get; init; }

    /// <summary>Mean of the fine-tuning term over the last epoch's steps.</summary>
    public required double SftLoss { get; init; }

    /// <summary>Mean of the divergence term over the last epoch's steps.</summary>
    public required double KlLoss { get; init; }

    /// <summary>Share of the pairs ranked right in the last epoch, each before it was trained on.</summary>
    public required double TrainingAccuracy { get; init; }

    /// <summary>Accuracy on the validation pairs at the end; null without any.</summary>
    public double? ValidationAccuracy { get; init; }

    /// <summary>The objective's mean on the validation pairs at the end; null without any, or where they lack scores.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>
    /// Perplexity per token of the held-out teacher responses, or texts, before the first step; null where there are none or
    /// nothing is trained on text. What the language-model head keeps is what generative regularisation is for.
    /// </summary>
    public double? PerplexityBefore { get; init; }

    /// <summary>The same of the model that training gave.</summary>
    public double? PerplexityAfter { get; init; }

    /// <summary>The step of the best validation: the lowest loss, or without losses the highest accuracy; null without any.</summary>
    public int? BestStep { get; init; }

    /// <summary>Whether the run ended because validations did not improve any more.</summary>
    public bool StoppedEarly { get; init; }

    /// <summary>Every step, those before a resume included.</summary>
    public required IReadOnlyList<StepMetrics> Curve { get; init; }

    /// <summary>Pairs per second over the whole run since it started or was resumed, validation included.</summary>
    public required double PairsPerSecond { get; init; }

    /// <summary>Largest resident memory of the process.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>What the run was estimated to need at its largest batch, before it started.</summary>
    public long EstimatedMemoryBytes { get; init; }

    /// <summary>SHA-256 of the training pairs as ids and numbers, in their order.</summary>
    public required string DataSha256 { get; init; }

    /// <summary>Wall-clock time since the run started or was resumed.</summary>
    public required TimeSpan Elapsed { get; init; }
}
