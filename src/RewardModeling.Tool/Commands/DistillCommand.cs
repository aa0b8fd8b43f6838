using System.CommandLine;
using Microsoft.Extensions.AI;
using Microsoft.ML;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Distilling;
using RewardModeling.Tool.Files;
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

        Through a batch service (OpenAI's Batch API, vllm run-batch), the same options in every step:
        1. distill ... --defer wave1.jsonl              writes the calls of the first wave
        2. have the service answer wave1.jsonl          it writes results1.jsonl, in any order, failures among them
        3. distill ... --import results1.jsonl --defer wave2.jsonl, and again until nothing is outstanding and --out is written:
           three waves, more where replies failed or could not be used.
        Exit code 0 when the next wave or --out was written; 1 when --import alone leaves calls outstanding.
        """;

    public static ToolCommand Create()
    {
        Option<string[]> pairs = Options.RequiredFiles("--pairs", "IN.jsonl", "Pairs of answers; .jsonl, .jsonl.gz or .parquet, one or more files.");
        Option<string> teacher = Options.RequiredPath("--teacher", "SPEC", "recorded:FILE, openai:MODEL with the key in OPENAI_API_KEY, or ollama:MODEL.");
        Option<string?> endpoint = Options.Path("--endpoint", "URL", "Base address of any OpenAI-compatible server, for example http://localhost:8000/v1, or of Ollama.");
        Option<string> journal = Options.RequiredPath("--journal", "J.db", "SQLite file that keeps every reply; made when missing.");
        Option<string> output = Options.RequiredPath("--out", "OUT.jsonl", "File to write; it appears when it is complete.");
        Option<int> concurrency = Options.Number("--concurrency", "N", "Calls in flight at a time.", new TeacherClientOptions().Concurrency, 1, 1024);
        Option<int?> maxCalls = Options.OptionalNumber("--max-calls", "N", "Stop cleanly after this many paid calls.", 0, int.MaxValue);
        Option<long?> maxTokens = Options.OptionalNumber("--max-tokens", "N", "Stop cleanly after this many tokens, sent and received.", 0L, long.MaxValue);
        Option<decimal?> maxCost = Options.OptionalNumber("--max-cost", "X", "Stop cleanly when --price says that this much is spent.", 0m, (decimal)int.MaxValue);
        Option<string[]> price = Prices.Option();
        Option<int?> requestsPerMinute = Options.OptionalNumber("--requests-per-minute", "N", "Send at most this many calls in any minute.", 1, int.MaxValue);
        Option<long?> tokensPerMinute = Options.OptionalNumber("--tokens-per-minute", "N", "Use at most this many tokens in any minute.", 1L, long.MaxValue);
        Option<int> maxRetries = Options.Number("--max-retries", "N", "Tries after a first one that failed for a passing reason.", new TeacherClientOptions().MaxRetries, 0, 100);
        Option<double> deadline = Options.Number("--deadline", "SECONDS", "Give one call up after this time.", new TeacherClientOptions().Deadline.TotalSeconds, 0.1, 86400);
        Option<double> outageLimit = Options.Number("--outage-limit", "SECONDS", "Wait so long for an endpoint that is down; 0 lets rows fail instead.", new TeacherClientOptions().OutageLimit.TotalSeconds, 0, 2592000);
        Option<bool> retryUnusable = new("--retry-unusable") { Description = "Ask again where the replies in the journal cannot be used." };
        Option<int> topLogProbabilities = Options.Number("--top-logprobs", "N", "Ask for the likeliest alternatives of each token; they make scores finer.", 0, 0, 20);
        Option<bool> noRefine = new("--no-refine") { Description = "Score only: no teacher answer, no refinement." };
        Option<float> temperature = Options.Number("--temperature", "X", "Sampling temperature of the teacher.", 0f, 0f, 2f);
        Option<float> minimumMargin = Options.Number("--minimum-margin", "X", "Score differences below this count as a tie.", new TeacherScoreMarginOptions().MinimumMargin, 0f, 9f);
        Option<bool> rescore = new("--rescore") { Description = "Rate pairs again that already have both scores." };
        Option<string?> defer = Options.Path("--defer", "BATCH.jsonl", "Send nothing: write the calls that are outstanding for a batch service (OpenAI Batch format).");
        Option<string[]> import = Options.Files("--import", "RESULTS.jsonl", "Send nothing: take in the results of a batch service, one or more files.");
        Command command = new("distill", "Let a teacher score pairs of answers and refine the worse ones.")
        {
            pairs, teacher, endpoint, journal, output, concurrency, maxCalls, maxTokens, maxCost, price, requestsPerMinute, tokensPerMinute, maxRetries, deadline, outageLimit, retryUnusable, topLogProbabilities, noRefine, rescore, temperature, minimumMargin, defer, import,
        };
        return new(command, Examples, (parsed, context) => Run(
            new Arguments(
                parsed.GetRequiredValue(pairs),
                parsed.GetRequiredValue(teacher),
                parsed.GetValue(endpoint),
                parsed.GetRequiredValue(journal),
                parsed.GetRequiredValue(output),
                new TeacherClientOptions
                {
                    Concurrency = parsed.GetValue(concurrency),
                    MaxCalls = parsed.GetValue(maxCalls),
                    MaxTokens = parsed.GetValue(maxTokens),
                    MaxCost = parsed.GetValue(maxCost),
                    Prices = Prices.Parse(parsed.GetValue(price)),
                    RequestsPerMinute = parsed.GetValue(requestsPerMinute),
                    TokensPerMinute = parsed.GetValue(tokensPerMinute),
                    MaxRetries = parsed.GetValue(maxRetries),
                    Deadline = TimeSpan.FromSeconds(parsed.GetValue(deadline)),
                    OutageLimit = TimeSpan.FromSeconds(parsed.GetValue(outageLimit)),
                    RetryUnusable = parsed.GetValue(retryUnusable),
                    TopLogProbabilities = parsed.GetValue(topLogProbabilities),
                    Temperature = parsed.GetValue(temperature),
                },
                parsed.GetValue(noRefine),
                parsed.GetValue(rescore),
                parsed.GetValue(minimumMargin),
                parsed.GetValue(defer),
                parsed.GetValue(import) ?? []),
            context));
    }

    private static int Run(Arguments arguments, ToolContext context)
    {
        if (!PairInputs.CanBeWritten(arguments.Output))
        {
            throw new UsageException($"--out is '{arguments.Output}'; expected a name that ends in .jsonl or .jsonl.gz. Rename it.");
        }

        if (arguments.Defer?.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) == false)
        {
            throw new UsageException($"--defer is '{arguments.Defer}'; expected a name that ends in .jsonl. Rename it.");
        }

        TeacherSpec spec = TeacherSpec.Parse(arguments.Teacher, arguments.Endpoint);
        IReadOnlyList<string> inputs = InputPaths.Files("--pairs", arguments.Pairs);
        IChatClient chat = TeacherClients.Create(spec, arguments.Teaching.Deadline, arguments.IsDeferred);
        IReadOnlyList<string> results = InputPaths.Files("--import", arguments.Import);
        List<PreferencePair> pairs = PairInputs.Read(inputs);
        string journal = OutputPaths.File("--journal", arguments.Journal);
        string output = OutputPaths.File("--out", arguments.Output);
        string? batch = arguments.Defer is { } file ? OutputPaths.File("--defer", file) : null;
        if (batch is not null && (batch == output || inputs.Concat(results).Contains(batch)))
        {
            throw new UsageException($"--defer names '{arguments.Defer}', which another option names too; expected a file of its own. Choose another name.");
        }

        context.WhenCancelled =
            $"Every reply so far is kept in {arguments.Journal}: run the same command again to go on from there. {arguments.Output} was not written.";
        using DeferredCalls? deferred = arguments.IsDeferred ? new DeferredCalls(new DeferredCallsOptions { Results = results }) : null;
        DistillationSummary summary = context.WithProgress("distill", progress => Distill(arguments, chat, pairs, journal, output, deferred, progress, context));
        if (deferred is null)
        {
            context.Result(summary.ToJson(output), summary.ToText(output));
            return ExitCode.Success;
        }

        DeferredWave wave = new(deferred, summary, output);
        wave.RefuseForeignResults();
        if (deferred.Outstanding > 0 && batch is null)
        {
            throw new WorkException(wave.NoBatchToWrite());
        }

        IReadOnlyList<string> files = deferred.Outstanding > 0 ? deferred.WriteBatch(batch!) : [];
        context.Result(wave.ToJson(files), wave.ToText(files));
        return ExitCode.Success;
    }

    private static DistillationSummary Distill(
        Arguments arguments, IChatClient chat, List<PreferencePair> pairs, string journal, string output, DeferredCalls? deferred,
        IProgress<WorkProgress> progress, ToolContext context)
    {
        DistillProgress display = new(progress, pairs.Count, context.Time);
        using TeacherClient teacher = new(chat, arguments.Teaching with
        {
            JournalPath = journal,
            Progress = display,
            CancellationToken = context.Cancellation,
            DeferTo = deferred,
            LoggerFactory = context.Verbose ? new NoteLoggers(context.Note) : null,
        });
        MLContext ml = context.CreateMLContext();
        IDataView view = ml.RewardModeling.LoadPairs(pairs);
        view = ml.RewardModeling.TeacherScoreMargin(
            teacher, new TeacherScoreMarginOptions { MinimumMargin = arguments.MinimumMargin, RateScoredRows = arguments.Rescore }).Fit(view).Transform(view);
        if (!arguments.NoRefine)
        {
            view = ml.RewardModeling.TeacherRefinePairs(teacher).Fit(view).Transform(view);
        }

        // Under another name first: a file in which no row is usable must not look like a result.
        string unproven = Path.Combine(Path.GetDirectoryName(output)!, ".unproven-" + Path.GetFileName(output));
        try
        {
            DistillationSummary summary = new(ml.RewardModeling.SavePairs(view, unproven, display, context.Cancellation), teacher.Progress, journal);
            if (deferred?.Outstanding > 0)
            {
                return summary;
            }

            if (summary.Pairs.Usable == 0)
            {
                throw new WorkException(summary.NothingUsable(PairFile.Read(unproven).First()));
            }

            File.Move(unproven, output, overwrite: true);
            return summary;
        }
        catch (RewardModelingException stopped) when (stopped.CanResume)
        {
            string limit = stopped.Message.Contains("budget", StringComparison.Ordinal) ? Limit(stopped.Message) : "";
            throw new WorkException($"{stopped.Message}{limit} {output} was not written.", stopped);
        }
        finally
        {
            File.Delete(unproven);
        }
    }

    private static string Limit(string message)
        => $" The limit is {(message.Contains("teacher calls is", StringComparison.Ordinal) ? "--max-calls" : message.Contains("for tokens is", StringComparison.Ordinal) ? "--max-cost" : "--max-tokens")};";

    internal sealed record Arguments(
        IReadOnlyList<string> Pairs,
        string Teacher,
        string? Endpoint,
        string Journal,
        string Output,
        TeacherClientOptions Teaching,
        bool NoRefine,
        bool Rescore,
        float MinimumMargin,
        string? Defer,
        IReadOnlyList<string> Import)
    {
        public bool IsDeferred => Defer is not null || Import.Count > 0;
    }
}
