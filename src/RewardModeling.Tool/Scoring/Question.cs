using Microsoft.ML.RewardModeling.Scoring;

namespace RewardModeling.Tool.Scoring;

/// <summary>An answer to be scored and the conversation it answers.</summary>
internal sealed record Question(IReadOnlyList<ChatTurn> Prompt, string Response);
