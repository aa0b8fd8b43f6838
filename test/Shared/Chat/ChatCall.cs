namespace RewardModeling.Testing.Chat;

/// <summary>A request that arrived at the server.</summary>
/// <param name="Messages">Role and content of each message.</param>
/// <param name="IsJson">A reply in JSON by a schema was asked for.</param>
/// <param name="TopLogProbabilities">Alternatives asked for; 0 for none.</param>
/// <param name="Key">Equal requests have equal keys.</param>
internal sealed record ChatCall(IReadOnlyList<(string Role, string Content)> Messages, bool IsJson, int TopLogProbabilities, string Key);
