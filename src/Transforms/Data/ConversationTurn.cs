namespace Microsoft.ML.RewardModeling;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">Who speaks: "system", "user", "assistant", or another role that the chat template knows.</param>
/// <param name="Content">The message, unmodified.</param>
public sealed record ConversationTurn(string Role, string Content);
