using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;
using Microsoft.ML.RewardModeling.TeacherTransforms;

namespace Microsoft.ML.RewardModeling;

/// <summary>Two answers in; which is better, and by how much, out.</summary>
internal sealed class TeacherScoreMarginRows(Teacher teacher, TeacherScoreMarginOptions options)
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

    private readonly Ties _ties = new(options.TiePolicy, options.MinimumMargin);

    public static TeacherColumns Columns(TeacherScoreMarginOptions options) => new(
        [
            new(options.PromptColumnName, ColumnKind.Text),
            new(options.ChosenColumnName, ColumnKind.Text),
            new(options.RejectedColumnName, ColumnKind.Text),
            new(options.ChosenScoreColumnName, ColumnKind.Single, IsOptional: true),
            new(options.RejectedScoreColumnName, ColumnKind.Single, IsOptional: true),
            new(options.TeacherStatusColumnName, ColumnKind.Text, IsOptional: true),
        ],
        [
            new(options.ChosenColumnName, ColumnKind.Text),
            new(options.RejectedColumnName, ColumnKind.Text),
            new(options.ChosenScoreColumnName, ColumnKind.Single),
            new(options.RejectedScoreColumnName, ColumnKind.Single),
            new(options.MarginColumnName, ColumnKind.Single),
            new(options.ScoreDisagreementColumnName, ColumnKind.Single),
            new(options.TeacherStatusColumnName, ColumnKind.Text),
        ]);

    public async Task MapAsync(BatchRows rows, int row, CancellationToken cancellationToken)
    {
        string first = rows.GetText(First, row).ToString();
        string second = rows.GetText(Second, row).ToString();
        PairRating rating = new(rows.GetSingle(FirstScore, row), rows.GetSingle(SecondScore, row), float.NaN);
        string status = TeacherRows.Status(rows, GivenStatus, row);
        if (TeacherRows.IsOpen(status))
        {
            (rating, status) = await RateAsync(TeacherRows.Prompt(rows, Prompt, row), first, second, rating, cancellationToken).ConfigureAwait(false);

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

    private async Task<(PairRating Rating, string Status)> RateAsync(
        Conversation prompt, string first, string second, PairRating given, CancellationToken cancellationToken)
    {
        if (!options.RateScoredRows && float.IsFinite(given.First) && float.IsFinite(given.Second))
        {
            return (given, _ties.Status(given.Margin));
        }

        Outcome<PairRating> rating = await teacher.ScorePairAsync(prompt, first, second, round: 1, cancellationToken).ConfigureAwait(false);
        if (!rating.IsOk)
        {
            return (given, rating.Status);
        }

        if (!_ties.IsWorthAnotherRating(rating.Value.Margin))
        {
            return (rating.Value, _ties.Status(rating.Value.Margin));
        }

        Outcome<PairRating> again = await teacher.ScorePairAsync(prompt, first, second, round: 2, cancellationToken).ConfigureAwait(false);
        if (again.Status == TeacherStatus.Outstanding)
        {
            return (given, again.Status);
        }

        PairRating mean = again.IsOk ? rating.Value.MeanWith(again.Value) : rating.Value;
        return (mean, _ties.Status(mean.Margin));
    }
}
