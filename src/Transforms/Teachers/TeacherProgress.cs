namespace Microsoft.ML.RewardModeling;

/// <summary>What a teacher client has done so far.</summary>
/// <param name="Calls">Requests sent to the provider, retries included.</param>
/// <param name="JournalHits">Replies that were taken from the journal and cost nothing.</param>
/// <param name="Failures">Requests that ended without a reply after all retries.</param>
/// <param name="InFlight">Requests that wait for their reply now.</param>
/// <param name="InputTokens">Tokens sent, as far as the provider reports them.</param>
/// <param name="OutputTokens">Tokens received, as far as the provider reports them.</param>
public sealed record TeacherProgress(int Calls, int JournalHits, int Failures, int InFlight, long InputTokens, long OutputTokens)
{
    /// <summary>What the tokens cost by the price table; null if the model has no price.</summary>
    public decimal? Cost { get; init; }

    /// <summary>The endpoint is down: calls wait, and one at a time probes whether it is back.</summary>
    public bool IsPaused { get; init; }

    /// <summary>The failure that the pause is for, for example <c>HTTP status 503</c>; null when there is no pause.</summary>
    public string? PauseReason { get; init; }

    /// <summary>
    /// Calls that were in flight when earlier runs with this journal were killed, noticed now for the first time. They may have
    /// been paid; those that are asked again are paid twice.
    /// </summary>
    public int Interrupted { get; init; }
}
