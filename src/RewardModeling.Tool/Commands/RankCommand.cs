using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Teaching;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel rank</c>: a teacher rates the answers of each prompt, for scored lists and for pairs.</summary>
internal static class RankCommand
{
    private const string Examples = """
        rewardmodel rank --candidates candidates.jsonl --teacher openai:gpt-4o --journal calls.db --out ranked.jsonl --pairs pairs.jsonl
        rewardmodel rank --candidates candidates.jsonl --teacher openai:gpt-4o --journal calls.db --out ranked.jsonl --rating single
        rewardmodel distill --pairs pairs.jsonl --teacher openai:gpt-4o --journal calls.db --out distilled.jsonl

        Rows in:  {"id", "prompt", "candidates": ["...", "..."]}, as 'rewardmodel sample' writes them, or with {"response", "score"?} for each answer.
        Rows out: the same, every answer with its "score", the best first.
        --pairs:  {"id", "prompt", "chosen", "rejected", "chosen_score", "rejected_score", "margin", ...}, for 'distill' and 'train'; ids are ID/RANK-RANK.
        Calls for N answers: pairwise N (N - 1), anchored with A anchors A (2 N - A - 1), single N.
        """;

    private const string Pairwise = "pairwise";
    private const string Anchored = "anchored";
    private const string Single = "single";

    public static ToolCommand Create()
    {
        Option<string[]> candidates = Options.RequiredFiles("--candidates", "IN.jsonl", "Prompts with answers; .jsonl or .jsonl.gz, one or more files.");
        TeacherOptions teacher = new("RANKED.jsonl");
        Option<string?> pairs = Options.Path("--pairs", "PAIRS.jsonl", "Also write pairs of the ranked answers, for distill and train.");
        Option<string> pairing = Options.Choice("--pairing", "Which pairs", "best-worst", "best-worst", "best-rest", "adjacent", "all");
        Option<string> rating = Options.Choice("--rating", "Each answer with each other in both orders, with the first few only, or by itself", Pairwise, Pairwise, Anchored, Single);
        Option<int> anchors = Options.Number("--anchors", "N", "Answers at the start of the list that --rating anchored compares the others with.", 1, 1, 100);
        Option<bool> rescore = new("--rescore") { Description = "Rate lists again in which every answer has a score." };
        TieOptions ties = new();
        Command command = new("rank", "Let a teacher score and sort the answers of each prompt.") { candidates };
        teacher.AddTo(command);
        foreach (Option option in new Option[] { pairs, pairing, rating, anchors, rescore })
        {
            command.Add(option);
        }

        ties.AddTo(command);
        return new(command, Examples, (parsed, context) =>
        {
            TeacherArguments arguments = teacher.Read(parsed);
            RankCandidatesOptions ranking = new()
            {
                Rating = Rating(parsed.GetValue(rating)!),
                Anchors = parsed.GetValue(anchors),
                MinimumMargin = ties.MinimumMargin(parsed),
                TiePolicy = ties.Policy(parsed),
                RateScoredRows = parsed.GetValue(rescore),
            };
            PairProduct? product = parsed.GetValue(pairs) is { } path ? new(path, new() { Pairing = Pairing(parsed.GetValue(pairing)!), MinimumMargin = ranking.MinimumMargin }) : null;
            TeacherJob job = new("rank", "lists", "--candidates", parsed.GetRequiredValue(candidates), paths => Read(paths, ranking, product, context.Cancellation))
            {
                Products = product is null ? [] : [("--pairs", product.Path)],
            };
            return new TeacherRun(job, arguments, context).Execute();
        });
    }

    private static CandidateRating Rating(string name) => name switch
    {
        Anchored => CandidateRating.Anchored,
        Single => CandidateRating.Pointwise,
        _ => CandidateRating.RoundRobin,
    };

    private static CandidatePairing Pairing(string name) => name switch
    {
        "best-rest" => CandidatePairing.BestRest,
        "adjacent" => CandidatePairing.Adjacent,
        "all" => CandidatePairing.All,
        _ => CandidatePairing.BestWorst,
    };

    private static (int Rows, WriteRows Write) Read(IReadOnlyList<string> paths, RankCandidatesOptions ranking, PairProduct? product, CancellationToken cancellation)
    {
        List<CandidateSet> sets = RowInputs.Read("--candidates", paths, CandidateFile.Read, set => set.Id);
        return (sets.Count, (ml, teachers, path, rowsDone) =>
        {
            IDataView view = ml.RewardModeling.LoadCandidates(sets);
            view = ml.RewardModeling.RankCandidates(teachers[0], ranking).Fit(view).Transform(view);
            SavedCandidates saved = ml.RewardModeling.SaveCandidates(view, path, rowsDone, cancellation);
            bool isComplete = saved.Usable > 0 && !saved.Failures.ContainsKey(TeacherStatus.Outstanding);
            return Summary(saved, isComplete ? product?.Write(ml, path) : null, product);
        });
    }

    private static RowSummary Summary(SavedCandidates saved, int? pairs, PairProduct? product) => new(
        saved.Rows, saved.Usable, saved.Failures, () => CandidateFile.Read(saved.Path).Select(set => (set.Id, set.Status)).First())
    {
        Figures =
        [
            new("answers", saved.Answers),
            new("scored", saved.Scored),
            new("pairs", pairs is null ? null : JsonValue.Create(pairs)),
            new("pairs_out", pairs is null ? null : Path.GetFullPath(product!.Path)),
        ],
        Lines =
        [
            string.Create(CultureInfo.InvariantCulture, $"{saved.Scored} of {saved.Answers} answers scored"),
            .. pairs is null ? [] : new[] { string.Create(CultureInfo.InvariantCulture, $"{pairs} pairs written to {Path.GetFullPath(product!.Path)}") },
        ],
    };

    /// <summary>The pairs that are wanted of the lists.</summary>
    private sealed record PairProduct(string Path, ExpandPairsOptions Options)
    {
        public int Write(MLContext ml, string ranked)
        {
            int rows = ml.RewardModeling.SavePairs(ml.RewardModeling.ExpandPairs(ml.RewardModeling.LoadCandidates(ranked), Options), Path).Rows;
            return rows > 0 ? rows : throw new WorkException(
                $"no list has two answers that are {Options.MinimumMargin} points apart, so there is no pair for {Path}. Lower --minimum-margin, or leave --pairs out.");
        }
    }
}
