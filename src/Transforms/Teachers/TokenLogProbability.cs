namespace Microsoft.ML.RewardModeling;

/// <summary>A token that a teacher might have written.</summary>
/// <param name="Token">The token as text.</param>
/// <param name="LogProbability">Natural logarithm of its probability, at most 0.</param>
public sealed record TokenLogProbability(string Token, float LogProbability);
