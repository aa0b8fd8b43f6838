using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;
using Microsoft.ML.RewardModeling.TeacherTransforms;

namespace Microsoft.ML.RewardModeling;

/// <summary>Prompt and rejected answer in; the teacher's own answer, the minimal edit and its self-calibrated score out.</summary>
internal sealed class TeacherRefinePairsRows(Teacher teacher, TeacherRefinePairsOptions options)
{
    private const int Prompt = 0;
    private const int Rejected = 1;
    private const int RejectedScore = 2;
    private const int GivenResponse = 3;
    private const int GivenScore = 4;
    private const int GivenMargin = 5;
    private const int GivenStatus = 6;

    private const int Response = 0;
    private const int Refined = 1;
    private const int ChosenScore = 2;
    private const int Margin = 3;
    private const int Similarity = 4;
    private const int Status = 5;

    public static TeacherColumns Columns(TeacherRefinePairsOptions options) => new(
        [
            new(options.PromptColumnName, ColumnKind.Text),
            new(options.RejectedColumnName, ColumnKind.Text),
            new(options.RejectedScoreColumnName, ColumnKind.Single, IsOptional: true),
            new(options.TeacherResponseColumnName, ColumnKind.Text, IsOptional: true),
            new(options.ChosenScoreColumnName, ColumnKind.Single, IsOptional: true),
            new(options.MarginColumnName, ColumnKind.Single, IsOptional: true),
            new(options.TeacherStatusColumnName, ColumnKind.Text, IsOptional: true),
        ],
        [
            new(options.TeacherResponseColumnName, ColumnKind.Text),
            new(options.RefinedChosenColumnName, ColumnKind.Text),
            new(options.ChosenScoreColumnName, ColumnKind.Single),
            new(options.MarginColumnName, ColumnKind.Single),
            new(options.EditSimilarityColumnName, ColumnKind.Single),
            new(options.TeacherStatusColumnName, ColumnKind.Text),
        ]);

    public async Task MapAsync(BatchRows rows, int row, CancellationToken cancellationToken)
    {
        IReadOnlyList<bool> active = rows.ActiveOutputs;
        bool isScoreWanted = active[ChosenScore] || active[Margin] || active[Status];
        bool isEditWanted = isScoreWanted || active[Refined] || active[Similarity];
        RefinedRow refined = await RefineAsync(rows, row, isEditWanted, isScoreWanted, cancellationToken).ConfigureAwait(false);
        rows.SetText(Response, row, refined.Response);
        rows.SetText(Refined, row, refined.Refined);
        rows.SetSingle(ChosenScore, row, refined.Score);
        rows.SetSingle(Margin, row, refined.Margin);
        rows.SetSingle(Similarity, row, refined.Similarity);
        rows.SetText(Status, row, refined.Status);
    }

    /// <summary>The stages in order; a stage that nobody needs, or that an earlier failure makes useless, is not paid for.</summary>
    private async Task<RefinedRow> RefineAsync(BatchRows rows, int row, bool isEditWanted, bool isScoreWanted, CancellationToken cancellationToken)
    {
        string rejected = rows.GetText(Rejected, row).ToString();
        float rejectedScore = rows.GetSingle(RejectedScore, row);
        string status = TeacherRows.Status(rows, GivenStatus, row);
        RefinedRow result = new(
            rows.GetText(GivenResponse, row).ToString(), string.Empty, rows.GetSingle(GivenScore, row), rows.GetSingle(GivenMargin, row), float.NaN,
            status == TeacherStatus.Ok && !float.IsFinite(rejectedScore) ? TeacherStatus.MissingRejectedScore : status);
        if (result.Status is not (TeacherStatus.Ok or TeacherStatus.Outstanding))
        {
            return result;
        }

        Conversation prompt = TeacherRows.Prompt(rows, Prompt, row);
        if (result.Status == TeacherStatus.Outstanding)
        {
            // The teacher's own answer does not depend on the scores that the row waits for: it goes into the same batch, which
            // saves a wave and costs the answers of pairs that turn out to be ties.
            _ = result.Response.Length == 0 ? await teacher.RespondAsync(prompt, cancellationToken).ConfigureAwait(false) : default;
            return result;
        }

        if (result.Response.Length == 0)
        {
            Outcome<string> response = await teacher.RespondAsync(prompt, cancellationToken).ConfigureAwait(false);
            result = result with { Response = response.Value ?? string.Empty, Status = response.Status };
        }

        if (!isEditWanted || result.Status != TeacherStatus.Ok)
        {
            return result;
        }

        Outcome<RefinementTurn> edit = await teacher.RefineAsync(prompt, result.Response, rejected, cancellationToken).ConfigureAwait(false);
        if (!edit.IsOk)
        {
            return result with { Status = edit.Status };
        }

        string refined = edit.Value!.Refinement.Refined;
        float similarity = EditSimilarity.Words(rejected, refined);
        result = result with { Refined = refined, Similarity = similarity, Score = float.NaN, Margin = float.NaN, Status = Judge(similarity) };
        if (!isScoreWanted || result.Status != TeacherStatus.Ok)
        {
            return result;
        }

        Outcome<float> score = await teacher.ScoreRefinedAsync(edit.Value, rejectedScore, cancellationToken).ConfigureAwait(false);
        return !score.IsOk ? result with { Status = score.Status } : result with
        {
            Score = score.Value,
            Margin = score.Value - rejectedScore,
            Status = score.Value > rejectedScore && score.Value - rejectedScore >= options.MinimumImprovement ? TeacherStatus.Ok : TeacherStatus.RefinedNotBetter,
        };
    }

    private string Judge(float similarity) => similarity >= 1 ? TeacherStatus.RefinedUnchanged
        : similarity < options.MinimumEditSimilarity ? TeacherStatus.RefinedTooDifferent
        : TeacherStatus.Ok;

    private sealed record RefinedRow(string Response, string Refined, float Score, float Margin, float Similarity, string Status);
}
