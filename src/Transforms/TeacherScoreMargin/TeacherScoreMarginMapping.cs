using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>Two answers in; which is better, and by how much, out.</summary>
internal sealed class TeacherScoreMarginMapping : IBatchMapping
{
    private const int Prompt = 0;
    private const int First = 1;
    private const int Second = 2;
    private const int FirstScore = 3;
    private const int SecondScore = 4;
    private const int GivenStatus = 5;

    private const int Chosen = 0;
    private const int Rejected = 1;
    private const int ChosenScore = 2;
    private const int RejectedScore = 3;
    private const int Margin = 4;
    private const int Disagreement = 5;
    private const int Status = 6;

    private readonly Teacher _teacher;
    private readonly TeacherScoreMarginOptions _options;

    public TeacherScoreMarginMapping(TeacherClient client, TeacherScoreMarginOptions options)
    {
        _teacher = new Teacher(client);
        _options = options;
        Inputs = InputsOf(options);
        Outputs = OutputsOf(options);
        BatchesInFlight = TeacherTransforms.RowsInFlight(client);
        LookAhead = TeacherTransforms.RowsAhead(client);
    }

    public IReadOnlyList<InputColumn> Inputs { get; }

    public IReadOnlyList<OutputColumn> Outputs { get; }

    public int BatchSize => 1;

    public int BatchesInFlight { get; }

    public int LookAhead { get; }

    public static IReadOnlyList<InputColumn> InputsOf(TeacherScoreMarginOptions options) =>
    [
        new(options.PromptColumnName, ColumnKind.Text),
        new(options.ChosenColumnName, ColumnKind.Text),
        new(options.RejectedColumnName, ColumnKind.Text),
        new(options.ChosenScoreColumnName, ColumnKind.Single, IsOptional: true),
        new(options.RejectedScoreColumnName, ColumnKind.Single, IsOptional: true),
        new(options.TeacherStatusColumnName, ColumnKind.Text, IsOptional: true),
    ];

    public static IReadOnlyList<OutputColumn> OutputsOf(TeacherScoreMarginOptions options) =>
    [
        new(options.ChosenColumnName, ColumnKind.Text),
        new(options.RejectedColumnName, ColumnKind.Text),
        new(options.ChosenScoreColumnName, ColumnKind.Single),
        new(options.RejectedScoreColumnName, ColumnKind.Single),
        new(options.MarginColumnName, ColumnKind.Single),
        new(options.ScoreDisagreementColumnName, ColumnKind.Single),
        new(options.TeacherStatusColumnName, ColumnKind.Text),
    ];

    public async Task MapAsync(BatchRows rows, CancellationToken cancellationToken)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            string first = rows.GetText(First, row).ToString();
            string second = rows.GetText(Second, row).ToString();
            PairRating rating = new(rows.GetSingle(FirstScore, row), rows.GetSingle(SecondScore, row), float.NaN);
            string status = TeacherTransforms.StatusOf(rows, GivenStatus, row);
            if (status is TeacherStatus.Ok or TeacherStatus.Unlabelled)
            {
                Conversation prompt = Conversation.FromColumnText(rows.GetText(Prompt, row).ToString());
                (rating, status) = await RateAsync(prompt, first, second, rating, cancellationToken).ConfigureAwait(false);

                // The scores decide; a row that could not be rated keeps its order.
                if (rating.Second > rating.First)
                {
                    (first, second) = (second, first);
                    rating = rating with { First = rating.Second, Second = rating.First };
                }
            }

            rows.SetText(Chosen, row, first);
            rows.SetText(Rejected, row, second);
            rows.SetSingle(ChosenScore, row, rating.First);
            rows.SetSingle(RejectedScore, row, rating.Second);
            rows.SetSingle(Margin, row, rating.First - rating.Second);
            rows.SetSingle(Disagreement, row, rating.Disagreement);
            rows.SetText(Status, row, status);
        }
    }

    private async Task<(PairRating Rating, string Status)> RateAsync(
        Conversation prompt, string first, string second, PairRating given, CancellationToken cancellationToken)
    {
        if (!_options.RateScoredRows && float.IsFinite(given.First) && float.IsFinite(given.Second))
        {
            return (given, IsTie(given) ? TeacherStatus.Tie : TeacherStatus.Ok);
        }

        Outcome<PairRating> rating = await _teacher.ScorePairAsync(prompt, first, second, round: 1, cancellationToken).ConfigureAwait(false);
        if (!rating.IsOk)
        {
            return (given, rating.Status);
        }

        if (!IsTie(rating.Value))
        {
            return (rating.Value, TeacherStatus.Ok);
        }

        Outcome<PairRating> again = await _teacher.ScorePairAsync(prompt, first, second, round: 2, cancellationToken).ConfigureAwait(false);
        if (again.Status == TeacherStatus.Outstanding)
        {
            return (given, again.Status);
        }

        PairRating mean = again.IsOk ? rating.Value.MeanWith(again.Value) : rating.Value;
        return (mean, IsTie(mean) ? TeacherStatus.Tie : TeacherStatus.Ok);
    }

    // A margin of exactly 0 says nothing about who is better, whatever the minimum is.
    private bool IsTie(PairRating rating) => Math.Abs(rating.First - rating.Second) is float margin && (margin < _options.MinimumMargin || margin == 0);
}
