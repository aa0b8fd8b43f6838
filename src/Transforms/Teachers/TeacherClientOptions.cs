using Microsoft.Extensions.Logging;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// How a teacher is called. Used by <see cref="TeacherClient"/>, and by the transforms when they get another chat
/// client.
/// </summary>
public sealed record TeacherClientOptions
{
    /// <summary>
    /// The journal (SQLite) that every reply is written to before it is used, and from which a repeated request is
    /// answered. Default <c>teacher-journal.db</c> in the current directory.
    /// </summary>
    public string JournalPath { get; init; } = "teacher-journal.db";

    /// <summary>Requests that may wait for their reply at once, 1-1024. Default 8.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>Requests that may be sent, retries included; at least 0. Null, the default, is no limit.</summary>
    public int? MaxCalls { get; init; }

    /// <summary>
    /// Tokens, sent and received, that may be used; at least 0. A call is sent only when its estimate fits; with
    /// <see cref="MaxOutputTokens"/> the longest reply is known, without it a reply may be longer than any before. Null, the
    /// default, is no limit.
    /// </summary>
    public long? MaxTokens { get; init; }

    /// <summary>
    /// Cost by <see cref="Prices"/> that may be spent; at least 0. Kept as <see cref="MaxTokens"/> is. Null, the default, is no
    /// limit.
    /// </summary>
    public decimal? MaxCost { get; init; }

    /// <summary>
    /// Prices by the model's name, as in <see cref="ModelId"/>. A <see cref="MaxCost"/> needs the model's. Default null.
    /// </summary>
    public IReadOnlyDictionary<string, TeacherPrice>? Prices { get; init; }

    /// <summary>Requests in any minute, retries included; at least 1. Null, the default, is no limit.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>
    /// Tokens in any minute, sent and received; at least 1. Before a reply they are estimated, rather too high. Null, the
    /// default, is no limit.
    /// </summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>
    /// How long the endpoint may be down before the run stops, 0-30 days. Until then calls wait, one at a time probes, and no
    /// row fails for it. With 0 the run never waits: each request has its retries, and then its row fails. Default 1 hour.
    /// </summary>
    public TimeSpan OutageLimit { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Retries of one request after a transient failure (status 408, 409, 425, 429, 5xx, a broken connection, the
    /// deadline), 0-100. Default 5.
    /// </summary>
    public int MaxRetries { get; init; } = 5;

    /// <summary>Wait before the first retry, 0-1 h; it doubles with each retry, with jitter, up to a minute. A server's Retry-After goes first. Default 1 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time after which one request is given up and counts as a transient failure; above 0, at most 1 day. Default 2
    /// minutes.
    /// </summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Times that a reply which cannot be parsed is asked for again, with the reason, 0-10. Default 2.</summary>
    public int MaxReasks { get; init; } = 2;

    /// <summary>
    /// Ask anew where a reply in the journal cannot be used even after all reasks. The new reply takes its place; the old one
    /// stays in the journal under its key with <c>#1</c> and so on. Default false.
    /// </summary>
    public bool RetryUnusable { get; init; }

    /// <summary>How replies are written down. Default <see cref="TeacherReplyFormat.Marks"/>.</summary>
    public TeacherReplyFormat ReplyFormat { get; init; } = TeacherReplyFormat.Marks;

    /// <summary>Sampling temperature, 0-2; null leaves it to the provider. Default 0.</summary>
    public float? Temperature { get; init; } = 0;

    /// <summary>
    /// Most tokens in one reply, at least 1; null, the default, leaves it to the provider. A reply that was cut off is
    /// not used.
    /// </summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>Sampling seed for providers that take one. Default null.</summary>
    public long? Seed { get; init; }

    /// <summary>
    /// Likeliest alternatives to report for each token of a reply, 0-20; 0, the default, asks for none. The chat client
    /// must support it, as <see cref="TokenLogProbabilities"/> says; one that does not is asked and answers without.
    /// </summary>
    public int TopLogProbabilities { get; init; }

    /// <summary>
    /// The name under which the journal keeps this teacher's replies. Null, the default, takes the chat client's own
    /// model id.
    /// </summary>
    public string? ModelId { get; init; }

    /// <summary>Gets a report after every reply. Called from several threads. Default null.</summary>
    public IProgress<TeacherProgress>? Progress { get; init; }

    /// <summary>
    /// Gets log messages: retries, pauses, failures, budgets. Never a key, and no text of prompts or replies. Default null.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Stops new requests; those in flight are finished and kept when the client is disposed. Default none.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>The clock for deadlines, retries and the journal's times. Default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// When set, no request is sent: one that the journal does not hold is collected there for a batch service, and results of
    /// the service are taken from there. Default null.
    /// </summary>
    public DeferredCalls? DeferTo { get; init; }

    /// <summary>
    /// What <see cref="DeferTo"/> does: gets each request that the journal does not hold. A reply given back is written to the
    /// journal as if it had just come; null leaves the request outstanding.
    /// </summary>
    internal Func<OutstandingCall, ImportedReply?>? Deferred
    {
        get => field ?? (DeferTo is { } calls ? calls.Reply : null);
        init;
    }

    /// <summary>The minute of the limits.</summary>
    internal TimeSpan LimitWindow { get; init; } = TimeSpan.FromMinutes(1);

    internal void Validate()
    {
        OptionErrors errors = new(nameof(TeacherClientOptions));
        Validate(errors);
        errors.ThrowIfAny();
    }

    internal void Validate(OptionErrors errors)
    {
        errors.Check(!string.IsNullOrWhiteSpace(JournalPath), nameof(JournalPath), JournalPath, "the path of a file");
        errors.Check(Concurrency is >= 1 and <= 1024, nameof(Concurrency), Concurrency, "1-1024");
        errors.Check(MaxCalls is null or >= 0, nameof(MaxCalls), MaxCalls, "null or at least 0");
        errors.Check(MaxTokens is null or >= 0, nameof(MaxTokens), MaxTokens, "null or at least 0");
        errors.Check(MaxCost is null or >= 0, nameof(MaxCost), MaxCost, "null or at least 0");
        errors.Check(Prices is null || Prices.Values.All(p => p is { InputPerMillion: >= 0, OutputPerMillion: >= 0 }), nameof(Prices), Prices?.Count, "prices of at least 0");
        errors.Check(RequestsPerMinute is null or >= 1, nameof(RequestsPerMinute), RequestsPerMinute, "null or at least 1");
        errors.Check(TokensPerMinute is null or >= 1, nameof(TokensPerMinute), TokensPerMinute, "null or at least 1");
        errors.Check(OutageLimit >= TimeSpan.Zero && OutageLimit <= TimeSpan.FromDays(30), nameof(OutageLimit), OutageLimit, "0-30 days");
        errors.Check(MaxRetries is >= 0 and <= 100, nameof(MaxRetries), MaxRetries, "0-100");
        errors.Check(RetryDelay >= TimeSpan.Zero && RetryDelay <= TimeSpan.FromHours(1), nameof(RetryDelay), RetryDelay, "0-1 h");
        errors.Check(Deadline > TimeSpan.Zero && Deadline <= TimeSpan.FromDays(1), nameof(Deadline), Deadline, "above 0, at most 1 day");
        errors.Check(MaxReasks is >= 0 and <= 10, nameof(MaxReasks), MaxReasks, "0-10");
        errors.Check(Enum.IsDefined(ReplyFormat), nameof(ReplyFormat), ReplyFormat, "Marks or JsonSchema");
        errors.Check(Temperature is null or (>= 0 and <= 2), nameof(Temperature), Temperature, "null or 0-2");
        errors.Check(MaxOutputTokens is null or >= 1, nameof(MaxOutputTokens), MaxOutputTokens, "null or at least 1");
        errors.Check(TopLogProbabilities is >= 0 and <= 20, nameof(TopLogProbabilities), TopLogProbabilities, "0-20");
        errors.Check(ModelId is null || !string.IsNullOrWhiteSpace(ModelId), nameof(ModelId), ModelId, "null or a name");
        errors.Check(TimeProvider is not null, nameof(TimeProvider), TimeProvider, "a clock");
    }
}
