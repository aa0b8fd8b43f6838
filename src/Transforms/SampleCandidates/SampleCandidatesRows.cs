using Microsoft.ML.RewardModeling.DataViews;
using Microsoft.ML.RewardModeling.Teachers;
using Microsoft.ML.RewardModeling.TeacherTransforms;

namespace Microsoft.ML.RewardModeling;

/// <summary>Prompt in, answers of several models out.</summary>
internal sealed class SampleCandidatesRows(IReadOnlyList<TeacherClient> models, SampleCandidatesOptions options)
{
    private const int Prompt = 0;
    private const int GivenCandidates = 1;
    private const int GivenStatus = 2;
    private const int Candidates = 0;
    private const int Status = 1;

    public static TeacherColumns Columns(SampleCandidatesOptions options) => new(
        [
            new(options.PromptColumnName, ColumnKind.Text),
            new(options.CandidatesColumnName, ColumnKind.Text, IsOptional: true),
            new(options.TeacherStatusColumnName, ColumnKind.Text, IsOptional: true),
        ],
        [new(options.CandidatesColumnName, ColumnKind.Text), new(options.TeacherStatusColumnName, ColumnKind.Text)]);

    public async Task MapAsync(BatchRows rows, int row, CancellationToken cancellationToken)
    {
        string candidates = rows.GetText(GivenCandidates, row).ToString();
        string status = TeacherRows.Status(rows, GivenStatus, row);
        if (TeacherRows.IsOpen(status))
        {
            Candidate[] all =
            [
                .. CandidateList.FromColumnText(candidates),
                .. await SampleAsync(TeacherRows.Prompt(rows, Prompt, row), cancellationToken).ConfigureAwait(false),
            ];
            bool isOutstanding = all.Any(c => c.Status == TeacherStatus.Outstanding);
            candidates = isOutstanding ? candidates : CandidateList.ToColumnText(all);
            status = isOutstanding ? TeacherStatus.Outstanding : all.All(c => c.Response.Length == 0) ? all.First(c => c.Status is not null).Status! : status;
        }

        rows.SetText(Candidates, row, candidates);
        rows.SetText(Status, row, status);
    }

    private async Task<Candidate[]> SampleAsync(Conversation prompt, CancellationToken cancellationToken) => await Task.WhenAll(
        from model in models
        from sample in Enumerable.Range(0, options.SamplesPerModel)
        select SampleAsync(model, prompt, sample, cancellationToken)).ConfigureAwait(false);

    private async Task<Candidate> SampleAsync(TeacherClient model, Conversation prompt, int sample, CancellationToken cancellationToken)
    {
        // The seed is what tells samples apart in the journal too. One sample is asked for as TeacherRespond does, and shared with it.
        long? seed = options.SamplesPerModel == 1 ? null : (model.Options.Seed ?? 0) + sample;
        Outcome<string> answer = await new Teacher(model).RespondAsync(prompt, cancellationToken, options.Temperature, seed).ConfigureAwait(false);
        return new Candidate(answer.Value ?? string.Empty, Source: model.ModelId, Status: answer.IsOk ? null : answer.Status);
    }
}
