namespace RewardModeling.Testing.Chat;

/// <summary>One request in the server's log.</summary>
/// <param name="Key">Equal requests have equal keys.</param>
/// <param name="Question">A hash of the messages alone, see <see cref="ChatServer.QuestionOf"/>.</param>
/// <param name="Arrived">When it came.</param>
/// <param name="Answered">When its outcome was decided; a reply was sent then.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Tokens">Tokens that were charged, sent and received.</param>
internal sealed record ChatLogLine(string Key, string Question, TimeSpan Arrived, TimeSpan Answered, ChatOutcome Outcome, int Tokens);
