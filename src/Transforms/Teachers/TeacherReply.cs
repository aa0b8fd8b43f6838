namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>What came back: a text, or (after all retries) the failure of the call.</summary>
internal sealed record TeacherReply(string Text, bool IsCutOff, string? Failure = null)
{
    /// <summary>The reply's tokens with their likeliest alternatives, where they were asked for and the provider gave them.</summary>
    public IReadOnlyList<TokenLogProbabilities>? LogProbabilities { get; init; }

    /// <summary>It was in the journal before this run.</summary>
    public bool IsOld { get; init; }

    /// <summary>The call was not made but handed to <see cref="TeacherClientOptions.Deferred"/>, which has no reply for it yet.</summary>
    public bool IsOutstanding { get; init; }

    public static TeacherReply Of(JournalEntry entry) => entry.Failure is null
        ? new TeacherReply(entry.Reply!, entry.IsCutOff) { LogProbabilities = TokenLogProbabilities.FromJson(entry.LogProbabilities) }
        : new TeacherReply(string.Empty, IsCutOff: false, entry.Failure);

    public static TeacherReply Outstanding { get; } = new(string.Empty, IsCutOff: false, "outstanding") { IsOutstanding = true };
}
