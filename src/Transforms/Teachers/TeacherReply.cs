namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>What came back: a text, or (after all retries) the failure of the call.</summary>
internal sealed record TeacherReply(string Text, bool IsCutOff, string? Failure = null);
