namespace Microsoft.ML.RewardModeling;

/// <summary>Options of <see cref="RankCandidatesEstimator"/>.</summary>
public sealed record RankCandidatesOptions
{
    /// <summary>How answers are rated, which decides the cost. Default <see cref="CandidateRating.RoundRobin"/>.</summary>
    public CandidateRating Rating { get; init; } = CandidateRating.RoundRobin;

    /// <summary>Answers at the start of the list that all others are compared with, 1-100. Only for <see cref="CandidateRating.Anchored"/>. Default 1.</summary>
    public int Anchors { get; init; } = 1;

    /// <summary>Smallest difference between the best and the worst score, 0-9; what becomes of nearer lists says <see cref="TiePolicy"/>. Default 0.5.</summary>
    public float MinimumMargin { get; init; } = 0.5f;

    /// <summary>
    /// What becomes of lists whose best and worst answer are nearer. Default <see cref="TiePolicy.RateAgain"/>, which compares
    /// these two once more; <see cref="CandidateRating.Pointwise"/> and given scores know no second rating.
    /// </summary>
    public TiePolicy TiePolicy { get; init; } = TiePolicy.RateAgain;

    /// <summary>Whether lists in which every answer has a score are rated again. Default false: nothing is paid for them.</summary>
    public bool RateScoredRows { get; init; }

    /// <summary>Input, text: the prompt. Default "Prompt".</summary>
    public string PromptColumnName { get; init; } = RewardColumns.Prompt;

    /// <summary>Input and output, text: the answers, see <see cref="CandidateList"/>; rated answers come first, the best at the top. Default "Candidates".</summary>
    public string CandidatesColumnName { get; init; } = RewardColumns.Candidates;

    /// <summary>Output, text: the best answer, empty where nothing could be rated. Default "Chosen".</summary>
    public string ChosenColumnName { get; init; } = RewardColumns.Chosen;

    /// <summary>Output, text: the worst answer, empty where nothing could be rated. Default "Rejected".</summary>
    public string RejectedColumnName { get; init; } = RewardColumns.Rejected;

    /// <summary>Output, Single: score of the best answer. Default "ChosenScore".</summary>
    public string ChosenScoreColumnName { get; init; } = RewardColumns.ChosenScore;

    /// <summary>Output, Single: score of the worst answer. Default "RejectedScore".</summary>
    public string RejectedScoreColumnName { get; init; } = RewardColumns.RejectedScore;

    /// <summary>Output, Single: the difference of the two. Default "Margin".</summary>
    public string MarginColumnName { get; init; } = RewardColumns.Margin;

    /// <summary>Output, Single: mean difference between the two orders over all comparisons; NaN where nothing was compared. Default "ScoreDisagreement".</summary>
    public string ScoreDisagreementColumnName { get; init; } = RewardColumns.ScoreDisagreement;

    /// <summary>Input (optional) and output, text: the status. Default "TeacherStatus".</summary>
    public string TeacherStatusColumnName { get; init; } = RewardColumns.TeacherStatus;

    /// <summary>How the teacher is called when it is not a <see cref="TeacherClient"/> already.</summary>
    public TeacherClientOptions Client { get; init; } = new();

    internal void Validate()
    {
        OptionErrors errors = new(nameof(RankCandidatesOptions));
        errors.Check(Enum.IsDefined(Rating), nameof(Rating), Rating, "RoundRobin, Anchored or Pointwise");
        errors.Check(Anchors is >= 1 and <= 100, nameof(Anchors), Anchors, "1-100");
        errors.CheckTies(nameof(MinimumMargin), MinimumMargin, nameof(TiePolicy), TiePolicy);
        errors.CheckColumns(
            (nameof(PromptColumnName), PromptColumnName),
            (nameof(CandidatesColumnName), CandidatesColumnName),
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
