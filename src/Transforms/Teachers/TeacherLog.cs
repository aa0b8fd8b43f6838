using Microsoft.Extensions.Logging;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>Everything that the engine logs: names, numbers and reasons, never a key nor the text of a prompt or reply.</summary>
internal static partial class TeacherLog
{
    [LoggerMessage(1, LogLevel.Debug, "Teacher {Model}: attempt {Attempt} of task {Task} failed: {Failure}.")]
    public static partial void AttemptFailed(this ILogger logger, string model, string task, int attempt, string failure);

    [LoggerMessage(2, LogLevel.Warning, "Teacher {Model}: a request of task {Task} failed for good after {Attempts} attempts: {Failure} (journal key {Key}).")]
    public static partial void CallFailed(this ILogger logger, string model, string task, int attempts, string failure, string key);

    [LoggerMessage(3, LogLevel.Warning, "Teacher {Model}: the endpoint is down ({Reason}); the run pauses and probes until it is back, for {Limit} at most.")]
    public static partial void Paused(this ILogger logger, string model, string reason, TimeSpan limit);

    [LoggerMessage(4, LogLevel.Information, "Teacher {Model}: the endpoint is back; the run goes on.")]
    public static partial void Resumed(this ILogger logger, string model);

    [LoggerMessage(5, LogLevel.Information, "Teacher {Model}: {Calls} calls, {JournalHits} from the journal, {Failures} failed, {InputTokens} + {OutputTokens} tokens.")]
    public static partial void Closed(this ILogger logger, string model, int calls, int journalHits, int failures, long inputTokens, long outputTokens);

    [LoggerMessage(6, LogLevel.Warning, "Teacher {Model}: {Calls} calls were in flight when an earlier run was killed. They may have been paid; those that are asked again are paid twice.")]
    public static partial void Interrupted(this ILogger logger, string model, int calls);

    [LoggerMessage(7, LogLevel.Error, "Teacher {Model}: the run stops: {Reason}")]
    public static partial void Stopped(this ILogger logger, string model, string reason);
}
