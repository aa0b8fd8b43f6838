namespace Microsoft.ML.RewardModeling;

/// <summary>What one optimizer step did. Loss terms are means over the step and before the update.</summary>
public sealed record StepMetrics
{
    /// <summary>The step, from 1.</summary>
    public required int Step { get; init; }

    /// <summary>Steps the run will make.</summary>
    public required int TotalSteps { get; init; }

    /// <summary>Epochs done, with a fraction.</summary>
    public required double Epoch { get; init; }

    /// <summary>The whole loss: the terms times their weights.</summary>
    public required double Loss { get; init; }

    /// <summary>The objective on the pairs; 0 where a language model is trained on texts.</summary>
    public required double RankLoss { get; init; }

    /// <summary>The centring term, (r_w + r_l)^2; 0 when not trained on.</summary>
    public double CenterLoss { get; init; }

    /// <summary>Negative log-likelihood of the teacher's responses, or of the texts, per token; 0 when not trained on.</summary>
    public required double SftLoss { get; init; }

    /// <summary>KL(teacher || student) per token, times T^2; 0 when not trained on.</summary>
    public required double KlLoss { get; init; }

    /// <summary>Share of the step's pairs whose chosen side got the higher reward; in a list every two answers of different scores are a pair.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Mean of r_w - r_l.</summary>
    public required double RewardMargin { get; init; }

    /// <summary>The learning rate of the step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Global gradient norm before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Pairs of this step per second.</summary>
    public required double PairsPerSecond { get; init; }

    /// <summary>Tokens of this step per second, every distinct sequence once.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Time since the run started or was resumed.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Estimate of the time left, at the average pace so far.</summary>
    public required TimeSpan Remaining { get; init; }

    /// <summary>Accuracy on the validation pairs after this step; null where the step was not validated.</summary>
    public double? ValidationAccuracy { get; init; }

    /// <summary>The objective's mean on the validation pairs; null where the step was not validated or the pairs lack scores.</summary>
    public double? ValidationLoss { get; init; }

    /// <summary>Perplexity per token of the held-out teacher responses, or texts; null where the step was not validated or nothing is trained on text.</summary>
    public double? ValidationPerplexity { get; init; }

    /// <summary>Resident memory of the process after the step, in bytes.</summary>
    public long MemoryBytes { get; init; }
}
