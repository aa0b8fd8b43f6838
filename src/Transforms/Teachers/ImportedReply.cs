namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>What another engine (a batch service) replied to a request, or why it failed.</summary>
internal sealed record ImportedReply
{
    /// <summary>The reply's text; null when the call failed.</summary>
    public string? Text { get; init; }

    public bool IsCutOff { get; init; }

    public long? InputTokens { get; init; }

    public long? OutputTokens { get; init; }

    public IReadOnlyList<TokenLogProbabilities>? LogProbabilities { get; init; }

    /// <summary>Why there is no reply; null when there is one.</summary>
    public string? Failure { get; init; }

    /// <summary>The call failed but will be made again: the failure is recorded, and the row still waits.</summary>
    public bool IsOutstanding { get; init; }

    /// <summary>The journal holds this failure already.</summary>
    public bool IsRecorded { get; init; }
}
