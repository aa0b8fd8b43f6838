using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;
using Microsoft.ML.RewardModeling.TeacherTransforms;

namespace Microsoft.ML.RewardModeling;

/// <summary>Prompt in, the teacher's own answer out.</summary>
internal sealed class TeacherRespondRows(Teacher teacher)
{
    private const int Prompt = 0;
    private const int GivenResponse = 1;
    private const int GivenStatus = 2;
    private const int Response = 0;
    private const int Status = 1;

    public static TeacherColumns Columns(TeacherRespondOptions options) => new(
        [
            new(options.PromptColumnName, ColumnKind.Text),
            new(options.TeacherResponseColumnName, ColumnKind.Text, IsOptional: true),
            new(options.TeacherStatusColumnName, ColumnKind.Text, IsOptional: true),
        ],
        [new(options.TeacherResponseColumnName, ColumnKind.Text), new(options.TeacherStatusColumnName, ColumnKind.Text)]);

    public async Task MapAsync(BatchRows rows, int row, CancellationToken cancellationToken)
    {
        string status = TeacherRows.Status(rows, GivenStatus, row);
        string response = rows.GetText(GivenResponse, row).ToString();
        if (response.Length == 0 && TeacherRows.IsOpen(status))
        {
            Outcome<string> outcome = await teacher.RespondAsync(TeacherRows.Prompt(rows, Prompt, row), cancellationToken).ConfigureAwait(false);
            response = outcome.Value ?? string.Empty;
            status = outcome.IsOk ? status : outcome.Status;
        }

        rows.SetText(Response, row, response);
        rows.SetText(Status, row, status);
    }
}
