using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;
using Microsoft.ML.RewardModeling.TeacherTransforms;

namespace Microsoft.ML.RewardModeling;

/// <summary>A list of answers in; the list scored and sorted, and its best and worst answer as a pair, out.</summary>
internal sealed class RankCandidatesRows(Teacher teacher, RankCandidatesOptions options)
{
    private const int Prompt = 0;
    private const int GivenCandidates = 1;
    private const int GivenStatus = 2;

    private const int Candidates = 0;
    private const int Chosen = 1;
    private const int Rejected = 2;
    private const int ChosenScore = 3;
    private const int RejectedScore = 4;
    private const int Margin = 5;
    private const int Disagreement = 6;
    private const int Status = 7;

    private readonly CandidateRater _rater = new(teacher, options);

    public static TeacherColumns Columns(RankCandidatesOptions options) => new(
        [
            new(options.PromptColumnName, ColumnKind.Text),
            new(options.CandidatesColumnName, ColumnKind.Text),
            new(options.TeacherStatusColumnName, ColumnKind.Text, IsOptional: true),
        ],
        [
            new(options.CandidatesColumnName, ColumnKind.Text),
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
        string given = rows.GetText(GivenCandidates, row).ToString();
        string status = TeacherRows.Status(rows, GivenStatus, row);
        RankedRow ranked = TeacherRows.IsOpen(status)
            ? await RankAsync(TeacherRows.Prompt(rows, Prompt, row), given, cancellationToken).ConfigureAwait(false)
            : new(given, null, null, float.NaN, status);
        rows.SetText(Candidates, row, ranked.Candidates);
        rows.SetText(Chosen, row, ranked.Best?.Response ?? string.Empty);
        rows.SetText(Rejected, row, ranked.Worst?.Response ?? string.Empty);
        rows.SetSingle(ChosenScore, row, ranked.Best?.Score ?? float.NaN);
        rows.SetSingle(RejectedScore, row, ranked.Worst?.Score ?? float.NaN);
        rows.SetSingle(Margin, row, ranked.Best?.Score - ranked.Worst?.Score ?? float.NaN);
        rows.SetSingle(Disagreement, row, ranked.Disagreement);
        rows.SetText(Status, row, ranked.Status);
    }

    private async Task<RankedRow> RankAsync(Conversation prompt, string given, CancellationToken cancellationToken)
    {
        IReadOnlyList<Candidate> candidates = CandidateList.FromColumnText(given);

        // Equal answers are one: they are rated once and share the score.
        string[] answers = [.. candidates.Select(c => c.Response).Where(r => !string.IsNullOrWhiteSpace(r)).Distinct(StringComparer.Ordinal)];
        if (answers.Length < 2)
        {
            return new RankedRow(given, null, null, float.NaN, TeacherStatus.TooFewCandidates);
        }

        float?[] known = [.. answers.Select(a => candidates.First(c => c.Response == a).Score)];
        RatedAnswers rated = !options.RateScoredRows && known.All(s => s is not null)
            ? new RatedAnswers([.. known.Select(s => s!.Value)], [.. known.Select(_ => TeacherStatus.Ok)], float.NaN)
            : await _rater.RateAsync(prompt, answers, cancellationToken).ConfigureAwait(false);
        if (rated.IsOutstanding)
        {
            return new RankedRow(given, null, null, float.NaN, TeacherStatus.Outstanding);
        }

        // Ordering is stable: of equal scores the earlier comes first, and answers without a score come last.
        Candidate[] sorted = [.. candidates.Select(c => Scored(c, answers, rated)).OrderByDescending(c => c.Score ?? float.NegativeInfinity)];
        if (CandidateRater.Ends(rated.Scores) is not { } ends)
        {
            return new RankedRow(CandidateList.ToColumnText(sorted), null, null, float.NaN, rated.Statuses.First(s => s != TeacherStatus.Ok));
        }

        Candidate best = new(answers[ends.Best], rated.Scores[ends.Best]);
        Candidate worst = new(answers[ends.Worst], rated.Scores[ends.Worst]);
        string status = _rater.Ties.Status(rated.Scores[ends.Best] - rated.Scores[ends.Worst]);
        return new RankedRow(CandidateList.ToColumnText(sorted), best, worst, rated.Disagreement, status);
    }

    private static Candidate Scored(Candidate candidate, string[] answers, RatedAnswers rated)
    {
        int answer = Array.IndexOf(answers, candidate.Response);
        return answer < 0 ? candidate with { Score = null }
            : float.IsNaN(rated.Scores[answer]) ? candidate with { Score = null, Status = rated.Statuses[answer] }
            : candidate with { Score = rated.Scores[answer], Status = null };
    }

    private sealed record RankedRow(string Candidates, Candidate? Best, Candidate? Worst, float Disagreement, string Status);
}
