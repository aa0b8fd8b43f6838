using Microsoft.Extensions.AI;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>A request that the journal does not hold, as it would be sent now.</summary>
/// <param name="Key">The journal's key.</param>
/// <param name="Task">One of <see cref="TeacherTasks"/>.</param>
/// <param name="Model">The name under which the journal keeps the reply.</param>
/// <param name="Settings">Sampling settings and reply format as canonical JSON.</param>
/// <param name="Request">The messages as canonical JSON.</param>
/// <param name="Options">The settings for a chat client.</param>
internal sealed record OutstandingCall(string Key, string Task, string Model, string Settings, string Request, ChatOptions Options)
{
    /// <summary>Why earlier attempts failed; null when there was none.</summary>
    public string? Failure { get; init; }

    /// <summary>Earlier attempts, all of which failed.</summary>
    public int FailedAttempts { get; init; }
}
