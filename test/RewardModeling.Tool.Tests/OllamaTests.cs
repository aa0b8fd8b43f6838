using System.Text.Json.Nodes;
using RewardModeling.Testing;
using RewardModeling.Testing.Chat;

namespace RewardModeling.Tool.Tests;

/// <summary><c>--teacher ollama:MODEL</c> against a server that speaks Ollama's own protocol.</summary>
[TestClass]
public sealed class OllamaTests
{
    [TestMethod]
    public async Task Distill_Ollama_AnswersUsageAndPassingFailuresAreThoseOfTheServer()
    {
        using TemporaryFolder folder = new();
        WriteRows(folder["in.jsonl"]);
        await using ChatServer server = await ChatServer.StartAsync(Judge.Reply, faults: new ChatFaults(5) { ServerError = 0.15, BrokenConnection = 0.1 });
        await using ChatServer other = await ChatServer.StartAsync(Judge.Reply);
        JsonObject summary = Run(server.Address, folder, "ollama").MustSucceed().Json();
        Tool.Run(
            "distill", "--pairs", folder["in.jsonl"], "--teacher", "openai:judge", "--endpoint", other.Endpoint, "--journal", folder["openai.db"],
            "--out", folder["openai.jsonl"]).MustSucceed();

        CollectionAssert.AreEqual(File.ReadAllBytes(folder["openai.jsonl"]), File.ReadAllBytes(folder["ollama.jsonl"]), "the teacher's protocol changed its rows");
        Assert.AreEqual(server.Log.Sum(line => line.Tokens), (int)summary["input_tokens"]! + (int)summary["output_tokens"]!);
        Assert.AreEqual(server.Log.Count, (int)summary["calls"]!);
        Assert.IsTrue(server.Log.Any(line => line.Outcome == ChatOutcome.ServerError) && server.Log.Any(line => line.Outcome == ChatOutcome.BrokenConnection));
        Assert.AreEqual(1, server.Log.Where(line => line.Outcome == ChatOutcome.Answered).GroupBy(line => line.Key).Max(group => group.Count()));
    }

    [TestMethod]
    public async Task Distill_OllamaDoesNotHaveTheModel_IsToldAtOnce()
    {
        using TemporaryFolder folder = new();
        WriteRows(folder["in.jsonl"]);
        await using ChatServer server = await ChatServer.StartAsync(Judge.Reply);
        server.Refuse = _ => 404;

        Run(server.Address, folder, "none").MustFail(1, "HTTP status 404", "the model's name");
    }

    [TestMethod]
    public async Task Distill_OllamaRefusesOneRequest_FailsThatRowAlone()
    {
        using TemporaryFolder folder = new();
        WriteRows(folder["in.jsonl"]);
        await using ChatServer server = await ChatServer.StartAsync(Judge.Reply);
        server.Refuse = call => call.Messages.Any(m => m.Content.Contains("Question 3:", StringComparison.Ordinal)) ? 400 : null;
        JsonObject summary = Run(server.Address, folder, "one").MustSucceed().Json();

        Assert.AreEqual(1, (int)summary["failed"]!["score-call-failed"]!);
        JsonNode stats = Tool.Run("journal", "stats", "--journal", folder["one.db"], "--json").MustSucceed().Json()["models"]![0]!;
        Assert.AreEqual(2, (int)stats["failures"]!["HTTP status 400"]!);
    }

    private static ToolResult Run(string address, TemporaryFolder folder, string name) => Tool.Run(
        "distill", "--pairs", folder["in.jsonl"], "--teacher", "ollama:judge", "--endpoint", address, "--journal", folder[name + ".db"],
        "--out", folder[name + ".jsonl"], "--json");

    private static void WriteRows(string path) => File.WriteAllLines(path, Enumerable.Range(0, 8).Select(i =>
        $$"""{"id":"row {{i}}","prompt":"Question {{i}}: what is {{i}} + {{i}}?","response_a":"It is {{i + i}}.","response_b":"Some number near {{i}}."}"""));
}
