namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>One request and what came of it.</summary>
internal sealed record JournalEntry
{
    public required string Key { get; init; }

    /// <summary>The version of the protocol that the request was made with.</summary>
    public int Protocol { get; init; } = TeacherProtocol.Version;

    public required string Task { get; init; }

    public required string Model { get; init; }

    /// <summary>Sampling settings and reply format as JSON.</summary>
    public required string Settings { get; init; }

    /// <summary>The messages as JSON.</summary>
    public required string Request { get; init; }

    /// <summary>The reply's text; null when the call failed.</summary>
    public string? Reply { get; init; }

    public bool IsCutOff { get; init; }

    /// <summary>The reply's tokens and their alternatives as JSON; null when the provider gave none.</summary>
    public string? LogProbabilities { get; init; }

    public long? InputTokens { get; init; }

    public long? OutputTokens { get; init; }

    /// <summary>Requests that were sent, retries included.</summary>
    public int Attempts { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>Why the call failed; null when there is a reply.</summary>
    public string? Failure { get; init; }
}
