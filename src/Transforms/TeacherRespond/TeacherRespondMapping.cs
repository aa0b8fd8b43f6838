using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>Prompt in, the teacher's own answer out.</summary>
internal sealed class TeacherRespondMapping : IBatchMapping
{
    private const int Prompt = 0;
    private const int GivenResponse = 1;
    private const int GivenStatus = 2;
    private const int Response = 0;
    private const int Status = 1;

    private readonly Teacher _teacher;

    public TeacherRespondMapping(TeacherClient client, TeacherRespondOptions options)
    {
        _teacher = new Teacher(client);
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

    public static IReadOnlyList<InputColumn> InputsOf(TeacherRespondOptions options) =>
    [
        new(options.PromptColumnName, ColumnKind.Text),
        new(options.TeacherResponseColumnName, ColumnKind.Text, IsOptional: true),
        new(options.TeacherStatusColumnName, ColumnKind.Text, IsOptional: true),
    ];

    public static IReadOnlyList<OutputColumn> OutputsOf(TeacherRespondOptions options) =>
        [new(options.TeacherResponseColumnName, ColumnKind.Text), new(options.TeacherStatusColumnName, ColumnKind.Text)];

    public async Task MapAsync(BatchRows rows, CancellationToken cancellationToken)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            string status = TeacherTransforms.StatusOf(rows, GivenStatus, row);
            string response = rows.GetText(GivenResponse, row).ToString();

            // An answer of the teacher's own does not depend on which of the two given answers is better.
            if (response.Length == 0 && status is (TeacherStatus.Ok or TeacherStatus.Unlabelled))
            {
                Conversation prompt = Conversation.FromColumnText(rows.GetText(Prompt, row).ToString());
                Outcome<string> outcome = await _teacher.RespondAsync(prompt, cancellationToken).ConfigureAwait(false);
                response = outcome.Value ?? string.Empty;
                status = outcome.IsOk ? status : outcome.Status;
            }

            rows.SetText(Response, row, response);
            rows.SetText(Status, row, status);
        }
    }
}
