namespace Microsoft.ML.RewardModeling;

/// <summary>A prompt with two answers, of which one is better. Scores are a teacher's, on its 1-10 scale.</summary>
public sealed record PreferencePair
{
    /// <summary>Identity of the pair, unique in its file. The reader derives one from the content where the file has none.</summary>
    public required string Id { get; init; }

    /// <summary>The conversation up to the answers.</summary>
    public required Conversation Prompt { get; init; }

    /// <summary>The better answer; of a pair that is not labelled, the first one.</summary>
    public required string Chosen { get; init; }

    /// <summary>The worse answer; of a pair that is not labelled, the second one.</summary>
    public required string Rejected { get; init; }

    /// <summary>Whether it is known which answer is better. Default true.</summary>
    public bool IsLabelled { get; init; } = true;

    /// <summary>Score of <see cref="Chosen"/>, or null when unknown.</summary>
    public float? ChosenScore { get; init; }

    /// <summary>Score of <see cref="Rejected"/>, or null when unknown.</summary>
    public float? RejectedScore { get; init; }

    /// <summary>How much better the chosen answer is, in points of the scale, or null when unknown.</summary>
    public float? Margin { get; init; }

    /// <summary>The teacher's own answer (y_T in the paper), or null when unknown.</summary>
    public string? TeacherResponse { get; init; }

    /// <summary>
    /// Word-level similarity of a refined <see cref="Chosen"/> and <see cref="Rejected"/>, 0-1, or null when nothing
    /// was refined.
    /// </summary>
    public float? EditSimilarity { get; init; }

    /// <summary>
    /// "ok" or the reason why the pair should not be used; see <see cref="TeacherStatus"/>. Null counts as the natural
    /// status of the row: "equal-answers" where both answers are the same text, else "unlabelled" or "ok".
    /// </summary>
    public string? Status { get; init; }

    internal string NaturalStatus
        => Chosen == Rejected ? TeacherStatus.EqualAnswers : IsLabelled ? TeacherStatus.Ok : TeacherStatus.Unlabelled;
}
