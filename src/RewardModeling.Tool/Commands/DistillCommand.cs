using System.CommandLine;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Teaching;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel distill</c>: a teacher scores and refines pairs of answers.</summary>
internal static class DistillCommand
{
    private const string Examples = """
        rewardmodel distill --pairs data/first-party/part1.jsonl --teacher recorded:data/first-party/part1.jsonl --journal calls.db --out pairs.jsonl
        OPENAI_API_KEY=... rewardmodel distill --pairs in.jsonl.gz --teacher openai:gpt-4o --journal calls.db --out pairs.jsonl --concurrency 16
        rewardmodel distill --pairs in.jsonl --teacher openai:qwen --endpoint http://localhost:8000/v1 --journal calls.db --out pairs.jsonl

        Rows in:  {"id", "prompt", "response_a", "response_b"} or {"id", "prompt", "chosen", "rejected"}, scores optional.
        Rows out: id, prompt, chosen, rejected, chosen_score, rejected_score, margin, teacher_response, edit_similarity, status.
        Stop it at any time: the journal keeps every reply, and the same command goes on without paying twice.

        Through a batch service (OpenAI's Batch API, vllm run-batch), the same options in every step:
        1. distill ... --defer wave1.jsonl              writes the calls of the first wave
        2. have the service answer wave1.jsonl          it writes results1.jsonl, in any order, failures among them
        3. distill ... --import results1.jsonl --defer wave2.jsonl, and again until nothing is outstanding and --out is written:
           three waves, more where replies failed or could not be used.
        Exit code 0 when the next wave or --out was written; 1 when --import alone leaves calls outstanding.
        """;

    private static readonly TeacherRefinePairsOptions Refining = new();

    public static ToolCommand Create()
    {
        Option<string[]> pairs = Options.RequiredFiles("--pairs", "IN.jsonl", "Pairs of answers; .jsonl, .jsonl.gz or .parquet, one or more files.");
        TeacherOptions teacher = new("OUT.jsonl");
        Option<bool> noRefine = new("--no-refine") { Description = "Score only: no teacher answer, no refinement." };
        Option<bool> rescore = new("--rescore") { Description = "Rate pairs again that already have both scores." };
        TieOptions ties = new();
        Option<float> similarity = Options.Number("--minimum-similarity", "X", "Edits that keep less of the answer's words are not used.", Refining.MinimumEditSimilarity, 0f, 1f);
        Option<float> improvement = Options.Number("--minimum-improvement", "X", "Edits that gain fewer points are not used.", Refining.MinimumImprovement, 0f, 9f);
        Command command = new("distill", "Let a teacher score pairs of answers and refine the worse ones.") { pairs };
        teacher.AddTo(command);
        command.Add(noRefine);
        command.Add(rescore);
        ties.AddTo(command);
        command.Add(similarity);
        command.Add(improvement);
        return new(command, Examples, (parsed, context) =>
        {
            TeacherScoreMarginOptions scoring = new()
            {
                MinimumMargin = ties.MinimumMargin(parsed),
                TiePolicy = ties.Policy(parsed),
                RateScoredRows = parsed.GetValue(rescore),
            };
            TeacherRefinePairsOptions? refining = parsed.GetValue(noRefine) ? null : Refining with
            {
                MinimumEditSimilarity = parsed.GetValue(similarity),
                MinimumImprovement = parsed.GetValue(improvement),
            };
            TeacherJob job = new("distill", "pairs", "--pairs", parsed.GetRequiredValue(pairs), paths => Read(paths, scoring, refining, context.Cancellation));
            return new TeacherRun(job, teacher.Read(parsed), context).Execute();
        });
    }

    private static (int Rows, WriteRows Write) Read(
        IReadOnlyList<string> paths, TeacherScoreMarginOptions scoring, TeacherRefinePairsOptions? refining, CancellationToken cancellation)
    {
        List<PreferencePair> pairs = PairInputs.Read(paths);
        return (pairs.Count, (ml, teachers, path, rowsDone) =>
        {
            IDataView view = ml.RewardModeling.LoadPairs(pairs);
            view = ml.RewardModeling.TeacherScoreMargin(teachers[0], scoring).Fit(view).Transform(view);
            if (refining is not null)
            {
                view = ml.RewardModeling.TeacherRefinePairs(teachers[0], refining).Fit(view).Transform(view);
            }

            return Summary(ml.RewardModeling.SavePairs(view, path, rowsDone, cancellation));
        });
    }

    private static RowSummary Summary(SavedPairs saved)
    {
        bool isRefined = float.IsFinite(saved.MeanEditSimilarity);
        return new RowSummary(saved.Rows, saved.Usable, saved.Failures, () => PairFile.Read(saved.Path).Select(pair => (pair.Id, pair.Status)).First())
        {
            Figures = [new("mean_edit_similarity", isRefined ? saved.MeanEditSimilarity : null)],
            Lines = isRefined ? [string.Create(CultureInfo.InvariantCulture, $"Mean edit similarity {saved.MeanEditSimilarity:0.000} (1 = unchanged)")] : [],
        };
    }
}
