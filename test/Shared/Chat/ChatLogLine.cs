namespace RewardModeling.Testing.Chat;

/// <summary>One request in the server's log.</summary>
/// <param name="Key">Equal requests have equal keys.</param>
/// <param name="Arrived">When it came.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Tokens">Tokens that were charged, sent and received.</param>
internal sealed record ChatLogLine(string Key, TimeSpan Arrived, ChatOutcome Outcome, int Tokens);
