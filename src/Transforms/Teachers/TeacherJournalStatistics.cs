namespace Microsoft.ML.RewardModeling;

/// <summary>What a journal holds for one model.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Replies">Requests with a reply.</param>
/// <param name="Attempts">Requests that were sent, retries included.</param>
/// <param name="InputTokens">Tokens sent, as far as the provider reported them.</param>
/// <param name="OutputTokens">Tokens received, as far as the provider reported them.</param>
/// <param name="Tasks">Replies by task.</param>
/// <param name="Failures">Requests without a reply, by reason.</param>
public sealed record TeacherJournalStatistics(
    string Model,
    long Replies,
    long Attempts,
    long InputTokens,
    long OutputTokens,
    IReadOnlyDictionary<string, long> Tasks,
    IReadOnlyDictionary<string, long> Failures)
{
    /// <summary>
    /// Calls that were in flight when a run was killed, over all runs: the provider may have charged for them, and they were
    /// asked again. Every reply that was paid twice is among them.
    /// </summary>
    public long Interrupted { get; init; }

    /// <summary>Calls of runs that go on right now.</summary>
    public long InFlight { get; init; }
}
