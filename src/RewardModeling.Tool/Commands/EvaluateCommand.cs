using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Scoring;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel evaluate</c>: how often a model prefers the better answer.</summary>
internal static class EvaluateCommand
{
    private const string Examples = """
        rewardmodel evaluate --model model --pairs test.jsonl
        rewardmodel evaluate --model onnx --pairs test.jsonl.gz --report report.html --json
        """;

    private const int ChunkSize = 128;

    public static ToolCommand Create()
    {
        Option<string> model = Options.RequiredPath("--model", "MODEL/|ONNX/", "Trained model folder or exported ONNX folder.");
        Option<string[]> pairs = Options.RequiredFiles("--pairs", "TEST.jsonl", "Labelled pairs; one or more files.");
        Option<string?> report = Options.Path("--report", "report.html", "Also write a self-contained page with the figures.");
        Command command = new("evaluate", "Measure how often a model prefers the better answer.") { model, pairs, report };
        return new(command, Examples, (parsed, context) =>
            Run(parsed.GetRequiredValue(model), parsed.GetRequiredValue(pairs), parsed.GetValue(report), context));
    }

    private static int Run(string modelPath, IReadOnlyList<string> pairPaths, string? reportPath, ToolContext context)
    {
        string folder = InputPaths.Folder("--model", modelPath);
        IReadOnlyList<string> files = InputPaths.Files("--pairs", pairPaths);
        string? report = reportPath is null ? null : OutputPaths.File("--report", reportPath);
        List<(PreferencePair Pair, string? Subset)> all = PairInputs.ReadWithSubsets(files);
        List<(PreferencePair Pair, string? Subset)> labelled = [.. all.Where(row => PairInputs.IsUsable(row.Pair))];
        if (labelled.Count < all.Count)
        {
            context.Note($"{all.Count - labelled.Count} of {all.Count} pairs are left out: not labelled, or marked by the teacher.");
        }

        using IAnswerScorer scorer = AnswerScorers.Load(folder);
        List<EvaluatedPair> evaluated = context.WithProgress("evaluate", progress => Score(labelled, scorer, progress, context.Cancellation));
        RewardModelMetrics metrics = RewardEvaluation.Evaluate(evaluated);
        if (report is not null)
        {
            EvaluationReport.Write(report, $"{Path.GetFileName(folder)} on {string.Join(", ", files.Select(Path.GetFileName))}", evaluated);
        }

        context.Result(ToJson(metrics, all.Count - labelled.Count, report), report is null ? metrics.ToString() : $"{metrics}\nreport            {report}");
        return ExitCode.Success;
    }

    private static List<EvaluatedPair> Score(
        List<(PreferencePair Pair, string? Subset)> rows, IAnswerScorer scorer, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        List<EvaluatedPair> evaluated = [];
        foreach ((PreferencePair Pair, string? Subset)[] chunk in rows.Chunk(ChunkSize))
        {
            RewardScore[] scores = scorer.Score([.. chunk.SelectMany(row => Questions(row.Pair))], cancellation);
            evaluated.AddRange(chunk.Select((row, i) => new EvaluatedPair
            {
                Id = row.Pair.Id,
                Prompt = row.Pair.Prompt.ToString(),
                Chosen = row.Pair.Chosen,
                Rejected = row.Pair.Rejected,
                ChosenReward = scores[2 * i].Score,
                RejectedReward = scores[(2 * i) + 1].Score,
                Margin = row.Pair.Margin ?? float.NaN,
                Subset = row.Subset,
            }));
            progress.Report(new(evaluated.Count, rows.Count, "pairs"));
        }

        return evaluated;
    }

    private static Question[] Questions(PreferencePair pair)
    {
        ChatTurn[] prompt = [.. pair.Prompt.Turns.Select(turn => new ChatTurn(turn.Role, turn.Content))];
        return [new(prompt, pair.Chosen), new(prompt, pair.Rejected)];
    }

    private static JsonObject ToJson(RewardModelMetrics metrics, int leftOut, string? report)
    {
        JsonObject subsets = [];
        foreach ((string name, SubsetMetrics subset) in metrics.Subsets)
        {
            subsets[name] = new JsonObject
            {
                ["accuracy"] = subset.Accuracy,
                ["pairs"] = subset.Pairs,
                ["ties"] = subset.Ties,
                ["ci95"] = Interval(subset.Ci95),
                ["length_baseline"] = Number(subset.LengthBaseline),
            };
        }

        return new JsonObject
        {
            ["accuracy"] = metrics.Accuracy,
            ["pairs"] = metrics.Pairs,
            ["ties"] = metrics.Ties,
            ["ci95"] = Interval(metrics.Ci95),
            ["margin_spearman"] = Number(metrics.MarginSpearman),
            ["ece"] = Number(metrics.Ece),
            ["brier"] = Number(metrics.Brier),
            ["length_baseline"] = Number(metrics.LengthBaseline),
            ["left_out"] = leftOut,
            ["subsets"] = subsets,
            ["report"] = report,
        };
    }

    private static JsonArray Interval(ConfidenceInterval interval) => [interval.Low, interval.High];

    // JSON has no NaN: what cannot be measured is null.
    private static JsonValue? Number(double value) => double.IsNaN(value) ? null : JsonValue.Create(value);
}
