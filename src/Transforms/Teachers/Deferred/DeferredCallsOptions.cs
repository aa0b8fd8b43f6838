namespace Microsoft.ML.RewardModeling;

/// <summary>Options of <see cref="DeferredCalls"/>.</summary>
public sealed record DeferredCallsOptions
{
    /// <summary>Result files of a batch service, in any order. Default none.</summary>
    public IReadOnlyList<string> Results { get; init; } = [];

    /// <summary>Most bytes in one batch file, 1,000-200,000,000. Default 200,000,000, the limit of OpenAI's Batch API.</summary>
    public long MaxFileBytes { get; init; } = 200_000_000;

    /// <summary>Most requests in one batch file, 1-50,000. Default 50,000, the limit of OpenAI's Batch API.</summary>
    public int MaxFileRequests { get; init; } = 50_000;

    /// <summary>
    /// Times that a failed request goes into a batch in all, 1-100; then its row is marked as failed. A request that the
    /// service refused as such (too long, content not allowed) goes into none again. Default 3.
    /// </summary>
    public int MaxAttempts { get; init; } = 3;

    internal void Validate()
    {
        OptionErrors errors = new(nameof(DeferredCallsOptions));
        errors.Check(Results is not null && Results.All(r => !string.IsNullOrWhiteSpace(r)), nameof(Results), Results is null ? null : "a list with an empty path", "paths of files");
        errors.Check(MaxFileBytes is >= 1_000 and <= 200_000_000, nameof(MaxFileBytes), MaxFileBytes, "1000-200000000");
        errors.Check(MaxFileRequests is >= 1 and <= 50_000, nameof(MaxFileRequests), MaxFileRequests, "1-50000");
        errors.Check(MaxAttempts is >= 1 and <= 100, nameof(MaxAttempts), MaxAttempts, "1-100");
        errors.ThrowIfAny();
    }
}
