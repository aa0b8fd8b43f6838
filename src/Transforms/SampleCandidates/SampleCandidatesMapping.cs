using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling;

/// <summary>Prompt in, answers of several models out.</summary>
internal sealed class SampleCandidatesMapping : IBatchMapping
{
    private const int Prompt = 0;
    private const int GivenCandidates = 1;
    private const int GivenStatus = 2;
    private const int Candidates = 0;
    private const int Status = 1;

    private readonly IReadOnlyList<TeacherClient> _models;
    private readonly SampleCandidatesOptions _options;

    public SampleCandidatesMapping(IReadOnlyList<TeacherClient> models, SampleCandidatesOptions options)
    {
        _models = models;
        _options = options;
        Inputs = InputsOf(options);
        Outputs = OutputsOf(options);
        BatchesInFlight = models.Max(TeacherTransforms.RowsInFlight);
        LookAhead = models.Max(TeacherTransforms.RowsAhead);
    }

    public IReadOnlyList<InputColumn> Inputs { get; }

    public IReadOnlyList<OutputColumn> Outputs { get; }

    public int BatchSize => 1;

    public int BatchesInFlight { get; }

    public int LookAhead { get; }

    public static IReadOnlyList<InputColumn> InputsOf(SampleCandidatesOptions options) =>
    [
        new(options.PromptColumnName, ColumnKind.Text),
        new(options.CandidatesColumnName, ColumnKind.Text, IsOptional: true),
        new(options.TeacherStatusColumnName, ColumnKind.Text, IsOptional: true),
    ];

    public static IReadOnlyList<OutputColumn> OutputsOf(SampleCandidatesOptions options) =>
        [new(options.CandidatesColumnName, ColumnKind.Text), new(options.TeacherStatusColumnName, ColumnKind.Text)];

    public async Task MapAsync(BatchRows rows, CancellationToken cancellationToken)
    {
        for (int row = 0; row < rows.Count; row++)
        {
            string candidates = rows.GetText(GivenCandidates, row).ToString();
            string status = TeacherTransforms.StatusOf(rows, GivenStatus, row);
            if (status is TeacherStatus.Ok or TeacherStatus.Unlabelled)
            {
                Conversation prompt = Conversation.FromColumnText(rows.GetText(Prompt, row).ToString());
                Candidate[] all = [.. CandidateList.FromColumnText(candidates), .. await SampleAsync(prompt, cancellationToken).ConfigureAwait(false)];
                bool isOutstanding = all.Any(c => c.Status == TeacherStatus.Outstanding);
                candidates = isOutstanding ? candidates : CandidateList.ToColumnText(all);
                status = isOutstanding ? TeacherStatus.Outstanding : all.All(c => c.Response.Length == 0) ? all.First(c => c.Status is not null).Status! : status;
            }

            rows.SetText(Candidates, row, candidates);
            rows.SetText(Status, row, status);
        }
    }

    private async Task<Candidate[]> SampleAsync(Conversation prompt, CancellationToken cancellationToken) => await Task.WhenAll(
        from model in _models
        from sample in Enumerable.Range(0, _options.SamplesPerModel)
        select SampleAsync(model, prompt, sample, cancellationToken)).ConfigureAwait(false);

    private async Task<Candidate> SampleAsync(TeacherClient model, Conversation prompt, int sample, CancellationToken cancellationToken)
    {
        // The seed is what tells samples apart in the journal too. One sample is asked for as TeacherRespond does, and shared with it.
        long? seed = _options.SamplesPerModel == 1 ? null : (model.Options.Seed ?? 0) + sample;
        Outcome<string> answer = await new Teacher(model).RespondAsync(prompt, cancellationToken, _options.Temperature, seed).ConfigureAwait(false);
        return new Candidate(answer.Value ?? string.Empty, Source: model.ModelId, Status: answer.IsOk ? null : answer.Status);
    }
}
