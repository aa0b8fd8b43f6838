namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">Who speaks, as the chat template names it: <c>user</c>, <c>assistant</c>, <c>system</c>, ...</param>
/// <param name="Content">The text of the turn.</param>
public sealed record ChatTurn(string Role, string Content);
