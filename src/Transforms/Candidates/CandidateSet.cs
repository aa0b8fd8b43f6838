namespace Microsoft.ML.RewardModeling;

/// <summary>A prompt with its candidate answers.</summary>
public sealed record CandidateSet
{
    /// <summary>Identity, unique in its file.</summary>
    public required string Id { get; init; }

    /// <summary>The conversation up to the answers.</summary>
    public required Conversation Prompt { get; init; }

    /// <summary>The answers; after ranking the best first. Default none.</summary>
    public IReadOnlyList<Candidate> Candidates { get; init; } = [];

    /// <summary>One of <see cref="TeacherStatus"/>; null reads as "ok".</summary>
    public string? Status { get; init; }
}
