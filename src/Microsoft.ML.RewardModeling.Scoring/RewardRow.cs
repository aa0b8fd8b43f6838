namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>A conversation with the answer to score: one row of a stream.</summary>
/// <param name="Prompt">The conversation up to the answer; at least one turn.</param>
/// <param name="Response">The answer; it may be empty.</param>
public sealed record RewardRow(IReadOnlyList<ChatTurn> Prompt, string Response)
{
    /// <summary>A prompt of one user turn with the answer to score.</summary>
    /// <param name="prompt">The user's prompt.</param>
    /// <param name="response">The answer; it may be empty.</param>
    public RewardRow(string prompt, string response)
        : this([new ChatTurn("user", prompt ?? throw new ArgumentNullException(nameof(prompt)))], response)
    {
    }
}
