using System.CommandLine;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Teaching;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel sample</c>: several models answer each prompt.</summary>
internal static class SampleCommand
{
    private const string Examples = """
        OPENAI_API_KEY=... rewardmodel sample --prompts prompts.jsonl --teacher openai:gpt-4o --teacher openai:gpt-4o-mini --journal calls.db --out candidates.jsonl
        rewardmodel sample --prompts prompts.jsonl --teacher openai:qwen --endpoint http://localhost:8000/v1 --samples 4 --temperature 1 --journal calls.db --out candidates.jsonl
        rewardmodel sample --prompts candidates.jsonl --teacher ollama:llama3.2 --journal calls.db --out more.jsonl

        Rows in:  {"id", "prompt"}; answers that are there already ("candidates") stay, and the new ones follow.
        Rows out: {"id", "prompt", "candidates": [{"response", "source"}, ...], "status"}, for 'rewardmodel rank'.
        A row is "ok" when it has an answer; an answer that failed says why in its own "status".
        Models on several servers: one run for each server, with the --out of one run as the --prompts of the next.
        """;

    public static ToolCommand Create()
    {
        Option<string[]> prompts = Options.RequiredFiles("--prompts", "IN.jsonl", "Prompts; .jsonl or .jsonl.gz, one or more files.");
        TeacherOptions teachers = new("CANDIDATES.jsonl", several: true);
        Option<int> samples = Options.Number("--samples", "N", "Answers of each model to each prompt; more than one needs a --temperature above 0.", 1, 1, 100);
        Command command = new("sample", "Have one or several models answer each prompt.") { prompts };
        teachers.AddTo(command);
        command.Add(samples);
        return new(command, Examples, (parsed, context) =>
        {
            TeacherArguments arguments = teachers.Read(parsed);
            SampleCandidatesOptions sampling = new() { SamplesPerModel = parsed.GetValue(samples), Temperature = arguments.Calling.Temperature };
            if (sampling is { SamplesPerModel: > 1, Temperature: not > 0 })
            {
                throw new UsageException($"--samples is {sampling.SamplesPerModel}, but --temperature is 0, with which they would all be the same. Add a --temperature above 0, for example 1.");
            }

            TeacherJob job = new("sample", "prompts", "--prompts", parsed.GetRequiredValue(prompts), paths => Read(paths, sampling, context.Cancellation));
            return new TeacherRun(job, arguments, context).Execute();
        });
    }

    private static (int Rows, WriteRows Write) Read(IReadOnlyList<string> paths, SampleCandidatesOptions sampling, CancellationToken cancellation)
    {
        List<CandidateSet> sets = RowInputs.Read("--prompts", paths, CandidateFile.Read, set => set.Id);
        return (sets.Count, (ml, teachers, path, rowsDone) =>
        {
            IDataView view = ml.RewardModeling.LoadCandidates(sets);
            view = ml.RewardModeling.SampleCandidates(teachers, sampling).Fit(view).Transform(view);
            return Summary(ml.RewardModeling.SaveCandidates(view, path, rowsDone, cancellation));
        });
    }

    private static RowSummary Summary(SavedCandidates saved) => new(
        saved.Rows, saved.Usable, saved.Failures, () => CandidateFile.Read(saved.Path).Select(set => (set.Id, set.Status)).First())
    {
        Figures = [new("answers", saved.Answers), new("failed_answers", TeacherSummary.Counts(saved.AnswerFailures))],
        Lines =
        [
            string.Create(CultureInfo.InvariantCulture, $"{saved.Answers} answers")
            + string.Concat(saved.AnswerFailures.Select(failure => string.Create(CultureInfo.InvariantCulture, $", {failure.Value} {failure.Key}"))),
        ],
    };
}
