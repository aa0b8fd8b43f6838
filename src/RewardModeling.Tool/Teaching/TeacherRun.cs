using Microsoft.Extensions.AI;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Teaching;

/// <summary>
/// A run of a command that asks teachers: what can be wrong is found before anything is paid, what was paid for is kept whatever
/// happens, and a file appears only when it is a result.
/// </summary>
internal sealed class TeacherRun(TeacherJob job, TeacherArguments arguments, ToolContext context)
{
    public int Execute()
    {
        CheckNames();
        IReadOnlyList<string> inputs = InputPaths.Files(job.InputOption, job.Inputs);
        IReadOnlyList<IChatClient> chats = [.. arguments.Teachers.Select(spec => TeacherClients.Create(spec, arguments.Calling.Deadline, arguments.IsDeferred))];
        CheckPrices(chats);
        IReadOnlyList<string> results = InputPaths.Files("--import", arguments.Import);
        (int rows, WriteRows write) = job.Read(inputs);
        string journal = OutputPaths.File("--journal", arguments.Journal);
        string output = OutputPaths.File("--out", arguments.Output);
        string? batch = arguments.Defer is { } file ? OutputPaths.File("--defer", file) : null;
        foreach ((string option, string path) in job.Products)
        {
            _ = OutputPaths.File(option, path);
        }

        context.WhenCancelled =
            $"Every reply so far is kept in {arguments.Journal}: run the same command again to go on from there. {arguments.Output} was not written.";
        using DeferredCalls? deferred = arguments.IsDeferred ? new DeferredCalls(new DeferredCallsOptions { Results = results }) : null;
        TeacherSummary summary = context.WithProgress(job.Name, progress => Work(chats, rows, write, journal, output, deferred, progress));
        if (deferred is null)
        {
            context.Result(summary.ToJson(output), summary.ToText(output));
            return ExitCode.Success;
        }

        DeferredWave wave = new(deferred, summary, output, job.InputOption);
        wave.RefuseForeignResults();
        if (deferred.Outstanding > 0 && batch is null)
        {
            throw new WorkException(wave.NoBatchToWrite());
        }

        IReadOnlyList<string> files = deferred.Outstanding > 0 ? deferred.WriteBatch(batch!) : [];
        context.Result(wave.ToJson(files), wave.ToText(files));
        return ExitCode.Success;
    }

    private void CheckNames()
    {
        if (!PairInputs.CanBeWritten(arguments.Output))
        {
            throw new UsageException($"--out is '{arguments.Output}'; expected a name that ends in .jsonl or .jsonl.gz. Rename it.");
        }

        if (arguments.Defer?.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) == false)
        {
            throw new UsageException($"--defer is '{arguments.Defer}'; expected a name that ends in .jsonl. Rename it.");
        }

        if (arguments.IsDeferred && arguments.Teachers.Count > 1)
        {
            throw new UsageException(
                "--defer and --import go with one --teacher, because a batch is for one model. Run the command once for each, "
                + $"with the --out of one run as the {job.InputOption} of the next: answers add up.");
        }

        // What is written must neither be an input nor another output.
        HashSet<string> files = [.. job.Inputs.Concat(arguments.Import).Select(Path.GetFullPath)];
        (string Option, string? Path)[] written = [("--journal", arguments.Journal), ("--out", arguments.Output), .. job.Products.Select(p => (p.Option, (string?)p.Path)), ("--defer", arguments.Defer)];
        foreach ((string option, string? path) in written)
        {
            if (path is not null && !files.Add(Path.GetFullPath(path)))
            {
                throw new UsageException($"{option} names '{path}', which another option names too; expected a file of its own. Choose another name.");
            }
        }
    }

    private void CheckPrices(IReadOnlyList<IChatClient> chats)
    {
        IEnumerable<string?> models = chats.Select(chat => chat.GetService<ChatClientMetadata>()?.DefaultModelId);
        if (arguments.Calling.MaxCost is not null && models.FirstOrDefault(model => model is not null && arguments.Calling.Prices?.ContainsKey(model) != true) is { } unpriced)
        {
            throw new UsageException($"--max-cost needs the price of the model {unpriced}, which no --price names. Add --price {unpriced}=IN/OUT.");
        }
    }

    private TeacherSummary Work(
        IReadOnlyList<IChatClient> chats, int rows, WriteRows write, string journal, string output, DeferredCalls? deferred, IProgress<WorkProgress> progress)
    {
        TeacherDisplay display = new(progress, rows, job.Unit, chats.Count, context.Time);
        List<TeacherClient> teachers = [];

        // Under another name first: a file in which no row is usable must not look like a result.
        string unproven = Path.Combine(Path.GetDirectoryName(output)!, ".unproven-" + Path.GetFileName(output));
        try
        {
            teachers.AddRange(chats.Select((chat, i) => new TeacherClient(chat, arguments.Calling with
            {
                JournalPath = journal,
                Progress = display.Of(i),
                CancellationToken = context.Cancellation,
                DeferTo = deferred,
                LoggerFactory = context.Verbose ? new NoteLoggers(context.Note) : null,
            })));
            RowSummary written = write(context.CreateMLContext(), teachers, unproven, display);
            TeacherSummary summary = new(written, job.Unit, TeacherDisplay.Sum([.. teachers.Select(t => t.Progress)]), journal);
            if (deferred?.Outstanding > 0)
            {
                return summary;
            }

            if (written.Usable == 0)
            {
                throw new WorkException(summary.NothingUsable());
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
            teachers.ForEach(teacher => teacher.Dispose());
            File.Delete(unproven);
        }
    }

    private static string Limit(string message)
        => $" The limit is {(message.Contains("teacher calls is", StringComparison.Ordinal) ? "--max-calls" : message.Contains("for tokens is", StringComparison.Ordinal) ? "--max-cost" : "--max-tokens")};";
}
