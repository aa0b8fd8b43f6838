namespace Microsoft.ML.RewardModeling;

/// <summary>One request in a teacher's journal and what came of it.</summary>
public sealed record TeacherCall
{
    /// <summary>SHA-256 over protocol version, task, model, settings and messages, hexadecimal.</summary>
    public required string Key { get; init; }

    /// <summary>What was asked: respond, score-pair, refine, score-refined, or chat for other requests.</summary>
    public required string Task { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The version of the protocol that the request was made with.</summary>
    public required int Protocol { get; init; }

    /// <summary>Sampling settings and reply format as JSON.</summary>
    public required string Settings { get; init; }

    /// <summary>The messages as JSON: an array of objects with role and content.</summary>
    public required string Request { get; init; }

    /// <summary>The reply's text; null when the call failed.</summary>
    public string? Reply { get; init; }

    /// <summary>The reply ended at the limit of tokens.</summary>
    public bool IsCutOff { get; init; }

    /// <summary>The reply's tokens with their alternatives; null when the provider gave none.</summary>
    public IReadOnlyList<TokenLogProbabilities>? LogProbabilities { get; init; }

    /// <summary>Tokens sent; null when the provider did not say.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Tokens received; null when the provider did not say.</summary>
    public long? OutputTokens { get; init; }

    /// <summary>Requests that were sent, retries included.</summary>
    public int Attempts { get; init; }

    /// <summary>When the call was made.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took, retries included.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Why there is no reply; null when there is one.</summary>
    public string? Failure { get; init; }
}
