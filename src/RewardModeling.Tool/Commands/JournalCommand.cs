using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Teaching;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary><c>rewardmodel journal</c>: what a teacher was asked, what it said, and what that cost.</summary>
internal static class JournalCommand
{
    private const string Examples = """
        rewardmodel journal stats --journal calls.db --price gpt-4o=2.5/10
        rewardmodel journal show 3f9a --journal calls.db
        rewardmodel journal export --journal calls.db --out calls.jsonl
        rewardmodel journal verify --journal calls.db --json
        """;

    public static ToolCommand Create() => new(new Command("journal", "Look into the journal of a teacher."), Examples, (_, _) => ExitCode.Usage)
    {
        Parts = [Stats(), Show(), Export(), Verify()],
    };

    private static ToolCommand Stats()
    {
        Option<string> journal = JournalOption();
        Option<string[]> prices = Prices.Option();
        return new(new Command("stats", "Calls, tokens and cost by model, failures by reason.") { journal, prices }, Examples, (parsed, context) =>
        {
            IReadOnlyDictionary<string, TeacherPrice> table = Prices.Parse(parsed.GetValue(prices));
            using TeacherJournalReader reader = Open(parsed.GetRequiredValue(journal));
            JsonArray models = [];
            List<string> lines = [];
            foreach (TeacherJournalStatistics model in reader.Statistics())
            {
                decimal? cost = table.GetValueOrDefault(model.Model)?.Of(model.InputTokens, model.OutputTokens);
                models.Add(new JsonObject
                {
                    ["model"] = model.Model,
                    ["replies"] = model.Replies,
                    ["attempts"] = model.Attempts,
                    ["input_tokens"] = model.InputTokens,
                    ["output_tokens"] = model.OutputTokens,
                    ["cost"] = cost,
                    ["tasks"] = Counts(model.Tasks),
                    ["failures"] = Counts(model.Failures),
                    ["interrupted"] = model.Interrupted,
                    ["in_flight"] = model.InFlight,
                });
                lines.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{model.Model}: {model.Replies} replies, {model.Attempts} calls sent, {model.InputTokens} + {model.OutputTokens} tokens{(cost is null ? "" : $", cost {cost:0.00##}")}"));
                lines.AddRange(model.Tasks.Select(task => string.Create(CultureInfo.InvariantCulture, $"  {task.Value,8}  {task.Key}")));
                lines.AddRange(model.Failures.Select(failure => string.Create(CultureInfo.InvariantCulture, $"  {failure.Value,8}  failed: {failure.Key}")));
                if (model.Interrupted > 0)
                {
                    lines.Add(string.Create(CultureInfo.InvariantCulture, $"  {model.Interrupted,8}  in flight when a run was killed: they may have been paid twice"));
                }

                if (model.InFlight > 0)
                {
                    lines.Add(string.Create(CultureInfo.InvariantCulture, $"  {model.InFlight,8}  in flight now"));
                }

            }

            context.Result(new JsonObject { ["models"] = models }, lines.Count == 0 ? "The journal holds no call." : string.Join(Environment.NewLine, lines));
            return ExitCode.Success;
        });
    }

    private static ToolCommand Show()
    {
        Argument<string> id = new("ID") { Description = "The call's key or its beginning." };
        Option<string> journal = JournalOption();
        return new(new Command("show", "One call with its request and reply.") { id, journal }, Examples, (parsed, context) =>
        {
            string key = parsed.GetRequiredValue(id);
            string path = parsed.GetRequiredValue(journal);
            using TeacherJournalReader reader = Open(path);
            TeacherCall[] calls = [.. reader.Calls(key).Take(2)];
            TeacherCall call = calls is [var one] ? one : throw new WorkException(calls.Length == 0
                ? $"{path} holds no call whose key begins with '{key}'. The command 'journal export' lists all keys."
                : $"{path} holds several calls whose keys begin with '{key}', for example {calls[0].Key} and {calls[1].Key}. Give more of the key.");
            JsonObject json = ToJson(call);
            context.Result(json, json.ToJsonString(new(JsonLines.Compact) { WriteIndented = true }));
            return ExitCode.Success;
        });
    }

    private static ToolCommand Export()
    {
        Option<string> journal = JournalOption();
        Option<string> output = Options.RequiredPath("--out", "OUT.jsonl", "File to write, one call a line; it appears when it is complete.");
        return new(new Command("export", "Every call as JSON Lines, in the order of the keys.") { journal, output }, Examples, (parsed, context) =>
        {
            string path = OutputPaths.File("--out", parsed.GetRequiredValue(output));
            using TeacherJournalReader reader = Open(parsed.GetRequiredValue(journal));
            string unfinished = path + ".unfinished";
            long calls = 0;
            try
            {
                using (StreamWriter writer = new(unfinished))
                {
                    writer.NewLine = "\n";
                    foreach (TeacherCall call in reader.Calls())
                    {
                        context.Cancellation.ThrowIfCancellationRequested();
                        writer.WriteLine(ToJson(call).ToJsonString(JsonLines.Compact));
                        calls++;
                    }
                }

                File.Move(unfinished, path, overwrite: true);
            }
            finally
            {
                File.Delete(unfinished);
            }

            context.Result(new JsonObject { ["calls"] = calls, ["out"] = path }, $"{calls} calls written to {path}");
            return ExitCode.Success;
        });
    }

    private static ToolCommand Verify()
    {
        Option<string> journal = JournalOption();
        return new(new Command("verify", "Check the file, the number of calls, and every call against its hash.") { journal }, Examples, (parsed, context) =>
        {
            using TeacherJournalReader reader = Open(parsed.GetRequiredValue(journal));
            long calls = reader.Verify();
            context.Result(new JsonObject { ["calls"] = calls, ["intact"] = true }, $"{calls} calls, all as they were written");
            return ExitCode.Success;
        });
    }

    private static Option<string> JournalOption() => Options.RequiredPath("--journal", "J.db", "The journal of a teacher.");

    private static TeacherJournalReader Open(string path) => TeacherJournalReader.Open(InputPaths.Files("--journal", [path])[0]);

    private static JsonObject Counts(IReadOnlyDictionary<string, long> counts) => new(counts.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value)));

    private static JsonObject ToJson(TeacherCall call) => new()
    {
        ["key"] = call.Key,
        ["task"] = call.Task,
        ["model"] = call.Model,
        ["protocol"] = call.Protocol,
        ["settings"] = JsonNode.Parse(call.Settings),
        ["messages"] = JsonNode.Parse(call.Request),
        ["reply"] = call.Reply,
        ["cut_off"] = call.IsCutOff,
        ["failure"] = call.Failure,
        ["input_tokens"] = call.InputTokens,
        ["output_tokens"] = call.OutputTokens,
        ["attempts"] = call.Attempts,
        ["started_at"] = call.StartedAt.ToString("O", CultureInfo.InvariantCulture),
        ["duration_ms"] = (long)call.Duration.TotalMilliseconds,
        ["logprobs"] = call.LogProbabilities is not { } tokens ? null : new JsonArray([.. tokens.Select(token => new JsonObject
        {
            ["token"] = token.Token,
            ["logprob"] = token.LogProbability,
            ["top"] = new JsonArray([.. token.Top.Select(other => new JsonObject { ["token"] = other.Token, ["logprob"] = other.LogProbability })]),
        })]),
    };
}
