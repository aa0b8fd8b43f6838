using System.CommandLine;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Terminal;

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
        """;

    public static ToolCommand Create()
    {
        Option<string[]> pairs = Options.RequiredFiles("--pairs", "IN.jsonl", "Pairs of answers; .jsonl, .jsonl.gz or .parquet, one or more files.");
        Option<string> teacher = Options.RequiredPath("--teacher", "SPEC", "recorded:FILE, or openai:MODEL with the key in OPENAI_API_KEY.");
        Option<string?> endpoint = Options.Path("--endpoint", "URL", "Base address of any OpenAI-compatible server, for example http://localhost:8000/v1.");
        Option<string> journal = Options.RequiredPath("--journal", "J.db", "SQLite file that keeps every reply; made when missing.");
        Option<string> output = Options.RequiredPath("--out", "OUT.jsonl", "File to write; it appears when it is complete.");
        Option<int> concurrency = Options.Number("--concurrency", "N", "Calls in flight at a time.", 8, 1, 1024);
        Option<int?> maxCalls = Options.OptionalNumber("--max-calls", "N", "Stop cleanly after this many paid calls.", 0, int.MaxValue);
        Option<bool> noRefine = new("--no-refine") { Description = "Score only: no teacher answer, no refinement." };
        Option<string?> defer = Options.Path("--defer", "BATCH.jsonl", "Collect the calls for a batch service (not supported yet).");
        Option<string?> import = Options.Path("--import", "RESULTS.jsonl", "Take in the results of a batch service (not supported yet).");
        Command command = new("distill", "Let a teacher score pairs of answers and refine the worse ones.")
        {
            pairs, teacher, endpoint, journal, output, concurrency, maxCalls, noRefine, defer, import,
        };
        return new(command, Examples, (parsed, context) => Run(
            new Arguments(
                parsed.GetRequiredValue(pairs),
                parsed.GetRequiredValue(teacher),
                parsed.GetValue(endpoint),
                parsed.GetRequiredValue(journal),
                parsed.GetRequiredValue(output),
                parsed.GetValue(concurrency),
                parsed.GetValue(maxCalls),
                parsed.GetValue(noRefine),
                parsed.GetValue(defer) is not null || parsed.GetValue(import) is not null),
            context));
    }

    private static int Run(Arguments arguments, ToolContext context)
    {
        _ = context;
        if (arguments.IsDeferred)
        {
            throw new UsageException("--defer and --import are not supported yet: batches of deferred calls come in a later version. "
                + "Leave the option out to call the teacher directly; the journal makes that safe to stop and restart.");
        }

        throw new NotSupportedException();
    }

    internal sealed record Arguments(
        IReadOnlyList<string> Pairs,
        string Teacher,
        string? Endpoint,
        string Journal,
        string Output,
        int Concurrency,
        int? MaxCalls,
        bool NoRefine,
        bool IsDeferred);
}
