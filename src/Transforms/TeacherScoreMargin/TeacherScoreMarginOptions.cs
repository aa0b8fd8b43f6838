namespace Microsoft.ML.RewardModeling;

/// <summary>Options of <see cref="TeacherScoreMarginEstimator"/>.</summary>
public sealed record TeacherScoreMarginOptions
{
    /// <summary>Smallest difference of the two scores, 0-9; what becomes of nearer pairs says <see cref="TiePolicy"/>. Default 0.5.</summary>
    public float MinimumMargin { get; init; } = 0.5f;

    /// <summary>
    /// What becomes of pairs that are nearer. Default <see cref="TiePolicy.RateAgain"/>. Rows whose scores were given are never
    /// rated again for it.
    /// </summary>
    public TiePolicy TiePolicy { get; init; } = TiePolicy.RateAgain;

    /// <summary>Whether rows that hold both scores are rated again. Default false: their scores are used and nothing is paid.</summary>
    public bool RateScoredRows { get; init; }

    /// <summary>Input, text: the prompt. Default "Prompt".</summary>
    public string PromptColumnName { get; init; } = RewardColumns.Prompt;

    /// <summary>Input and output, text: the better answer. Default "Chosen".</summary>
    public string ChosenColumnName { get; init; } = RewardColumns.Chosen;

    /// <summary>Input and output, text: the worse answer. Default "Rejected".</summary>
    public string RejectedColumnName { get; init; } = RewardColumns.Rejected;

    /// <summary>Input (optional) and output, Single: score of the better answer. Default "ChosenScore".</summary>
    public string ChosenScoreColumnName { get; init; } = RewardColumns.ChosenScore;

    /// <summary>Input (optional) and output, Single: score of the worse answer. Default "RejectedScore".</summary>
    public string RejectedScoreColumnName { get; init; } = RewardColumns.RejectedScore;

    /// <summary>Output, Single: the difference of the scores. Default "Margin".</summary>
    public string MarginColumnName { get; init; } = RewardColumns.Margin;

    /// <summary>
    /// Output, Single: mean difference between the two orders of showing; NaN for rows not rated here. Default
    /// "ScoreDisagreement".
    /// </summary>
    public string ScoreDisagreementColumnName { get; init; } = RewardColumns.ScoreDisagreement;

    /// <summary>Input (optional) and output, text: the status. Default "TeacherStatus".</summary>
    public string TeacherStatusColumnName { get; init; } = RewardColumns.TeacherStatus;

    /// <summary>How the teacher is called when it is not a <see cref="TeacherClient"/> already.</summary>
    public TeacherClientOptions Client { get; init; } = new();

    internal void Validate()
    {
        OptionErrors errors = new(nameof(TeacherScoreMarginOptions));
        errors.CheckTies(nameof(MinimumMargin), MinimumMargin, nameof(TiePolicy), TiePolicy);
        errors.CheckColumns(
            (nameof(PromptColumnName), PromptColumnName),
            (nameof(ChosenColumnName), ChosenColumnName),
            (nameof(RejectedColumnName), RejectedColumnName),
            (nameof(ChosenScoreColumnName), ChosenScoreColumnName),
            (nameof(RejectedScoreColumnName), RejectedScoreColumnName),
            (nameof(MarginColumnName), MarginColumnName),
            (nameof(ScoreDisagreementColumnName), ScoreDisagreementColumnName),
            (nameof(TeacherStatusColumnName), TeacherStatusColumnName));
        errors.CheckClient(nameof(Client), Client);
        errors.ThrowIfAny();
    }
}
