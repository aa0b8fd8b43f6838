using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
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
        int kills = int.Parse(Environment.GetEnvironmentVariable("CHAOS_KILLS") ?? "10", CultureInfo.InvariantCulture);
        using TemporaryFolder folder = new();
        WriteRows(folder["in.jsonl"], kills * 8);
        string[] Arguments(ChatServer server, string name) =>
        [
            "distill", "--pairs", folder["in.jsonl"], "--teacher", "openai:judge", "--endpoint", server.Endpoint, "--journal", folder[name + ".db"],
            "--out", folder[name + ".jsonl"], "--concurrency", "16", "--deadline", "3", "--max-retries", "20", "--json",
        ];
        await using ChatServer calm = await ChatServer.StartAsync(Judge.Reply, TimeSpan.FromMilliseconds(5), ChatFaults.BadDay(11) with
        {
            Throttled = 0, ServerError = 0, BrokenConnection = 0, Hanging = 0,
        });
        Tool.Run(Arguments(calm, "whole")).MustSucceed();

        await using ChatServer server = await ChatServer.StartAsync(Judge.Reply, TimeSpan.FromMilliseconds(40), ChatFaults.BadDay(11));
        Random random = new(20261123);
        int killed = 0;
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

            killed += process.HasExited ? 0 : 1;
            process.Kill();
            await process.WaitForExitAsync();
        }

        Tool.Run(Arguments(server, "killed")).MustSucceed();

        CollectionAssert.AreEqual(File.ReadAllBytes(folder["whole.jsonl"]), File.ReadAllBytes(folder["killed.jsonl"]));
        int paidTwice = server.Log.Where(line => line.Outcome == ChatOutcome.Answered).GroupBy(line => line.Key).Sum(group => group.Count() - 1);
        Console.WriteLine($"{killed} of {kills} kills hit a running process, {paidTwice} replies in flight at a kill were paid twice.");
        Assert.IsGreaterThan(kills / 2, killed);

        // A reply is in flight until it is committed, and of those there are at most as many as permits.
        Assert.IsLessThanOrEqualTo(16 * killed, paidTwice, "A reply that was no longer in flight was paid twice.");
        JsonObject verified = Tool.Run("journal", "verify", "--journal", folder["killed.db"], "--json").MustSucceed().Json();
        Assert.IsTrue((bool)verified["intact"]!);
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
        Tool.Run([.. arguments, "--max-cost", "1"]).MustFail(1, "budget of 1", "--max-cost", "raise the limit");
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

    private static void WriteRows(string path, int rows) => File.WriteAllLines(path, Enumerable.Range(0, rows).Select(i =>
        $$"""{"id":"row {{i}}","prompt":"Question {{i}}: what is {{i}} + {{i}}?","response_a":"It is {{i + i}}.","response_b":"Some number near {{i}}."}"""));
}
