using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RewardModeling.Testing;
using RewardModeling.Testing.Chat;

namespace RewardModeling.Tool.Tests;

/// <summary>The tool against an endpoint on a bad day, killed again and again.</summary>
[TestClass]
public sealed class ChaosTests
{
    /// <summary>By hand: <c>CHAOS_KILLS=30 dotnet test test/RewardModeling.Tool.Tests -c Release --filter Distill_KilledUnderChaos</c>.</summary>
    [TestMethod]
    public async Task Distill_KilledUnderChaos_EqualsUndisturbedRunAndPaysOnce()
    {
        const int Concurrency = 16;
        int kills = int.Parse(Environment.GetEnvironmentVariable("CHAOS_KILLS") ?? "4", CultureInfo.InvariantCulture);
        using TemporaryFolder folder = new();
        WriteRows(folder["in.jsonl"], kills * 8);
        string[] Arguments(ChatServer server, string name) =>
        [
            "distill", "--pairs", folder["in.jsonl"], "--teacher", "openai:judge", "--endpoint", server.Endpoint, "--journal", folder[name + ".db"],
            "--out", folder[name + ".jsonl"], "--concurrency", $"{Concurrency}", "--deadline", "15", "--max-retries", "20", "--json",
        ];
        await using ChatServer calm = await ChatServer.StartAsync(Judge.Reply, TimeSpan.FromMilliseconds(5), ChatFaults.BadDay(11) with
        {
            Throttled = 0, ServerError = 0, BrokenConnection = 0, Hanging = 0,
        });
        Tool.Run(Arguments(calm, "whole")).MustSucceed();

        await using ChatServer server = await ChatServer.StartAsync(Judge.Reply, TimeSpan.FromMilliseconds(40), ChatFaults.BadDay(11));
        Random random = new(20261123);
        List<TimeSpan> killed = [];
        Dictionary<string, TimeSpan> kept = [];
        for (int i = 0; i < kills; i++)
        {
            using Process process = Tool.Start(Arguments(server, "killed"));
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            int target = server.Log.Count + random.Next(1, 60);
            while (!process.HasExited && server.Log.Count < target)
            {
                await Task.Delay(1);
            }

            if (!process.HasExited)
            {
                killed.Add(server.Now);
            }

            process.Kill();
            await process.WaitForExitAsync();
            TimeSpan dead = server.Now;
            foreach (string question in Answered(folder["killed.db"], folder["export.jsonl"]))
            {
                kept.TryAdd(question, dead);
            }
        }

        JsonObject last = Tool.Run(Arguments(server, "killed")).MustSucceed().Json();
        CollectionAssert.AreEqual(File.ReadAllBytes(folder["whole.jsonl"]), File.ReadAllBytes(folder["killed.jsonl"]));

        // Reply by reply: what the journal held after a kill was never asked again; what was paid twice was in flight at a kill ...
        ChatLogLine[] log = [.. server.Log];
        Assert.IsEmpty(log.Where(line => kept.TryGetValue(line.Question, out TimeSpan since) && line.Arrived > since), "A reply that was kept was asked for again.");
        ILookup<string, ChatLogLine> answered = log.Where(line => line.Outcome == ChatOutcome.Answered).OrderBy(line => line.Arrived).ToLookup(line => line.Question);
        Dictionary<string, int> inFlight = Interrupted(folder["killed.db"]);
        int paidTwice = 0;
        foreach (ChatLogLine[] replies in answered.Select(lines => lines.ToArray()).Where(lines => lines.Length > 1))
        {
            paidTwice += replies.Length - 1;
            for (int i = 1; i < replies.Length; i++)
            {
                // The client's own time of sending lies before the arrival, its death after the kill.
                Assert.IsTrue(killed.Any(kill => replies[i - 1].Arrived <= kill + TimeSpan.FromSeconds(0.1) && kill <= replies[i].Arrived), "No kill lies between two replies to one request.");
            }

            // ... and is in the journal's own record of what was in flight.
            Assert.IsGreaterThanOrEqualTo(replies.Length - 1, inFlight.GetValueOrDefault(replies[0].Question),
                "A reply was paid twice and not reported: " + string.Join(", ", log.Where(line => line.Question == replies[0].Question)) + "; kills at " + string.Join(", ", killed));
        }

        JsonNode stats = Tool.Run("journal", "stats", "--journal", folder["killed.db"], "--json").MustSucceed().Json()["models"]![0]!;
        Console.WriteLine($"{killed.Count} of {kills} kills hit a running process; {log.Length} requests, {answered.Count} different ones answered; "
            + $"{(int)stats["interrupted"]!} calls were in flight at a kill and are reported so, {paidTwice} of them had been answered and were paid twice; none other was.");
        Assert.AreEqual(inFlight.Values.Sum(), (int)stats["interrupted"]!);
        Assert.AreEqual(0, (int)stats["in_flight"]!);
        Assert.IsGreaterThanOrEqualTo((int)last["interrupted"]!, (int)stats["interrupted"]!);
        Assert.IsLessThanOrEqualTo(Concurrency * killed.Count, (int)stats["interrupted"]!);
        Assert.IsGreaterThan(kills / 2, killed.Count);
        Assert.IsTrue((bool)Tool.Run("journal", "verify", "--journal", folder["killed.db"], "--json").MustSucceed().Json()["intact"]!);
    }

    [TestMethod]
    [DataRow(401)]
    [DataRow(500)]
    public async Task Distill_ServerEchoesKeys_TheyAreInNothingThatIsWritten(int status)
    {
        using TemporaryFolder folder = new();
        WriteRows(folder["in.jsonl"], 2);
        await using ChatServer server = await ChatServer.StartAsync(Judge.Reply);
        server.Refuse = _ => status;
        ToolResult result = Tool.Run(
            ["distill", "--pairs", folder["in.jsonl"], "--teacher", "openai:judge", "--endpoint", server.Endpoint, "--journal", folder["j.db"],
             "--out", folder["out.jsonl"], "--outage-limit", status == 500 ? "1" : "60", "--verbose", "--json"],
            new() { ["OPENAI_API_KEY"] = "sk-test" }).MustFailWithTrace(1, $"HTTP status {status}");

        Assert.AreEqual("Bearer sk-test", server.Authorization);
        Assert.IsFalse((result.Output + result.Error).Contains("sk-test", StringComparison.Ordinal), result.ToString());
        Assert.IsTrue(Directory.GetFiles(folder.Path).All(file => !File.ReadAllText(file).Contains("sk-test", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task Distill_TwoProcessesOnOneJournal_BothFinishWithTheSameRows()
    {
        using TemporaryFolder folder = new();
        WriteRows(folder["in.jsonl"], 30);
        await using ChatServer server = await ChatServer.StartAsync(Judge.Reply, TimeSpan.FromMilliseconds(30));
        Process[] both = [.. Enumerable.Range(0, 2).Select(i => Tool.Start(
        [
            "distill", "--pairs", folder["in.jsonl"], "--teacher", "openai:judge", "--endpoint", server.Endpoint, "--journal", folder["shared.db"],
            "--out", folder[$"out{i}.jsonl"], "--concurrency", "8", "--json",
        ]))];
        Task<string>[] output = [.. both.Select(p => p.StandardOutput.ReadToEndAsync())];
        Task<string>[] error = [.. both.Select(p => p.StandardError.ReadToEndAsync())];
        for (int i = 0; i < both.Length; i++)
        {
            await both[i].WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
            Assert.AreEqual(0, both[i].ExitCode, await output[i] + await error[i]);
            Assert.AreEqual(0, (int)JsonNode.Parse(await output[i])!["interrupted"]!, "a living process was taken for a dead one");
            both[i].Dispose();
        }

        CollectionAssert.AreEqual(File.ReadAllBytes(folder["out0.jsonl"]), File.ReadAllBytes(folder["out1.jsonl"]));
        int questions = server.Log.Select(line => line.Key).Distinct().Count();
        Assert.AreEqual(questions, (int)Tool.Run("journal", "verify", "--journal", folder["shared.db"], "--json").MustSucceed().Json()["calls"]!);
        Assert.IsLessThanOrEqualTo(2, server.Log.GroupBy(line => line.Key).Max(group => group.Count()));
        CollectionAssert.AreEquivalent(
            new[] { "in.jsonl", "out0.jsonl", "out1.jsonl", "shared.db" }, Directory.GetFiles(folder.Path).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    public void Distill_EndpointNeverThere_PausesThenStopsAndSaysHowToGoOn()
    {
        using TemporaryFolder folder = new();
        WriteRows(folder["in.jsonl"], 6);
        ToolResult stopped = Tool.Run(
            ["distill", "--pairs", folder["in.jsonl"], "--teacher", "openai:judge", "--endpoint", $"http://me:secret@127.0.0.1:{ChatServer.FreePort()}/v1?key=secret",
             "--journal", folder["j.db"], "--out", folder["out.jsonl"], "--outage-limit", "2", "--json"],
            new() { ["OPENAI_API_KEY"] = "sk-secret" })
            .MustFail(1, "has not answered for 00:00:02", "no connection", "run the same again", "limit of 0");

        Assert.AreEqual("failure", (string?)stopped.Json()["error"]!["kind"]);
        Assert.IsFalse((stopped.Output + stopped.Error).Contains("secret", StringComparison.Ordinal));
        CollectionAssert.AreEquivalent(new[] { "in.jsonl", "j.db" }, Directory.GetFiles(folder.Path).Select(Path.GetFileName).ToArray());
        ToolResult told = Tool.Run(
            ["distill", "--pairs", folder["in.jsonl"], "--teacher", "openai:judge", "--endpoint", $"http://me:secret@127.0.0.1:{ChatServer.FreePort()}/v1?key=secret",
             "--journal", folder["j.db"], "--out", folder["out.jsonl"], "--outage-limit", "2", "--verbose"],
            new() { ["OPENAI_API_KEY"] = "sk-secret" });
        StringAssert.Contains(told.Error, "Warning: Teacher judge: the endpoint is down (no connection (ConnectionError))");
        Assert.IsFalse((told.Output + told.Error).Contains("secret", StringComparison.Ordinal));
        Assert.IsEmpty(Tool.Run("journal", "stats", "--journal", folder["j.db"], "--json").MustSucceed().Json()["models"]!.AsArray());
    }

    [TestMethod]
    public async Task Distill_LogProbabilitiesLimitsAndBudget_GoThroughToTheServerAndTheJournal()
    {
        using TemporaryFolder folder = new();
        WriteRows(folder["in.jsonl"], 6);
        await using ChatServer server = await ChatServer.StartAsync(Judge.Reply);
        string[] arguments =
        [
            "distill", "--pairs", folder["in.jsonl"], "--teacher", "openai:judge", "--endpoint", server.Endpoint, "--journal", folder["j.db"], "--out", folder["out.jsonl"],
            "--top-logprobs", "5", "--price", "judge=1000/2000", "--requests-per-minute", "6000", "--tokens-per-minute", "1000000",
        ];
        Tool.Run([.. arguments, "--max-cost", "6"]).MustFail(1, "budget of 6", "--max-cost", "raise the limit");
        Tool.Run([.. arguments, "--max-tokens", "60"]).MustFail(1, "budget of 60 tokens", "the next call may take", "--max-tokens");
        JsonObject rest = Tool.Run([.. arguments, "--json"]).MustSucceed().Json();
        JsonObject stats = Tool.Run("journal", "stats", "--journal", folder["j.db"], "--price", "judge=1000/2000", "--json").MustSucceed().Json();

        JsonObject model = stats["models"]![0]!.AsObject();
        Assert.AreEqual(server.Log.Sum(line => line.Tokens), (int)model["input_tokens"]! + (int)model["output_tokens"]!);
        Assert.AreEqual(server.Log.Count, (int)model["replies"]!);
        Assert.IsGreaterThan((decimal)rest["cost"]!, (decimal)model["cost"]!);
        JsonObject exported = Tool.Run("journal", "export", "--journal", folder["j.db"], "--out", folder["calls.jsonl"], "--json").MustSucceed().Json();
        Assert.AreEqual(server.Log.Count, (int)exported["calls"]!);
        JsonObject call = JsonNode.Parse(File.ReadLines(folder["calls.jsonl"]).First())!.AsObject();
        Assert.AreEqual((string)call["reply"]!, string.Concat(call["logprobs"]!.AsArray().Select(token => (string)token!["token"]!)));
        JsonObject shown = Tool.Run("journal", "show", ((string)call["key"]!)[..16], "--journal", folder["j.db"], "--json").MustSucceed().Json();
        Assert.AreEqual((string)call["key"]!, (string)shown["key"]!);
        Tool.Run("journal", "show", "zz", "--journal", folder["j.db"]).MustFail(1, "holds no call");
        Tool.Run("journal").MustFail(2, "journal");
    }

    /// <summary>What the journal has a reply for, as the server's log names it.</summary>
    private static string[] Answered(string journal, string export)
    {
        if (!File.Exists(journal))
        {
            return [];
        }

        // A journal that was cut off in the middle of a write must open.
        Tool.Run("journal", "export", "--journal", journal, "--out", export).MustSucceed();
        return [.. File.ReadLines(export).Select(line => JsonNode.Parse(line)!).Where(call => call["reply"] is not null).Select(QuestionOf)];
    }

    /// <summary>How often each request was in flight at a kill, by the journal's record.</summary>
    private static Dictionary<string, int> Interrupted(string journal)
    {
        using SqliteConnection connection = new($"Data Source={journal};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT request, COUNT(*) FROM interrupted JOIN calls USING (key) GROUP BY request";
        using SqliteDataReader reader = command.ExecuteReader();
        Dictionary<string, int> counts = [];
        while (reader.Read())
        {
            counts.Add(QuestionOf(new JsonObject { ["messages"] = JsonNode.Parse(reader.GetString(0)) }), reader.GetInt32(1));
        }

        return counts;
    }

    private static string QuestionOf(JsonNode call)
        => ChatServer.QuestionOf(call["messages"]!.AsArray().Select(m => ((string)m!["role"]!, (string)m["content"]!)));

    private static void WriteRows(string path, int rows) => File.WriteAllLines(path, Enumerable.Range(0, rows).Select(i =>
        $$"""{"id":"row {{i}}","prompt":"Question {{i}}: what is {{i}} + {{i}}?","response_a":"It is {{i + i}}.","response_b":"Some number near {{i}}."}"""));
}
