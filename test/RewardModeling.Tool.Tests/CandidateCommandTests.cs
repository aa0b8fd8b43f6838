using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling;
using RewardModeling.Testing;
using RewardModeling.Testing.Chat;

namespace RewardModeling.Tool.Tests;

/// <summary><c>sample</c> and <c>rank</c> as real processes against a real web server.</summary>
[TestClass]
public sealed class CandidateCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task SampleThenRank_TwoModelsOnABadDay_FeedDistillAndTrain()
    {
        WritePrompts(4);
        await using ChatServer server = await ChatServer.StartAsync(Reply, faults: new ChatFaults(7) { Throttled = 0.05, ServerError = 0.1, BrokenConnection = 0.05 });
        string[] teacher = ["--endpoint", server.Endpoint, "--journal", _folder["calls.db"], "--max-retries", "20", "--json"];
        JsonObject sampled = Tool.Run(
            ["sample", "--prompts", _folder["prompts.jsonl"], "--teacher", "openai:one", "--teacher", "openai:two", "--samples", "2", "--temperature", "1", "--out", _folder["c.jsonl"], .. teacher])
            .MustSucceed().Json();

        Assert.AreEqual((4, 4, 16, 16), (Number(sampled, "rows"), Number(sampled, "ok"), Number(sampled, "answers"), server.Log.Count(l => l.Outcome == ChatOutcome.Answered)));
        CandidateSet[] sets = [.. CandidateFile.Read(_folder["c.jsonl"])];
        CollectionAssert.AreEqual(new[] { "q0", "q1", "q2", "q3" }, sets.Select(s => s.Id).ToArray());
        Assert.IsTrue(sets.All(s => string.Join(' ', s.Candidates.Select(c => c.Source)) == "one one two two" && s.Candidates.Select(c => c.Response).Distinct().Count() == 4));

        JsonObject ranked = Tool.Run(
            ["rank", "--candidates", _folder["c.jsonl"], "--teacher", "openai:judge", "--out", _folder["r.jsonl.gz"], "--pairs", _folder["p.jsonl"], "--pairing", "all", "--reply-format", "json-schema", .. teacher])
            .MustSucceed().Json();

        Assert.AreEqual((16, 16), (Number(ranked, "answers"), Number(ranked, "scored")));
        CandidateSet[] lists = [.. CandidateFile.Read(_folder["r.jsonl.gz"])];
        Assert.IsTrue(lists.All(l => l.Candidates.Zip(l.Candidates.Skip(1)).All(two => two.First.Score >= two.Second.Score)));
        PreferencePair[] pairs = [.. PairFile.Read(_folder["p.jsonl"])];
        Assert.HasCount(Number(ranked, "pairs"), pairs);
        Assert.IsTrue(pairs.All(p => p.Margin >= 0.5f && p.ChosenScore - p.RejectedScore == p.Margin && p.Status == "ok"));

        // Both kinds of reply were asked for, no scored pair is rated again, and what comes out can be trained on.
        JsonObject distilled = Tool.Run(["distill", "--pairs", _folder["p.jsonl"], "--teacher", "openai:judge", "--out", _folder["d.jsonl"], .. teacher]).MustSucceed().Json();
        Assert.AreEqual(pairs.Length, Number(distilled, "rows"));
        Assert.IsTrue(Calls().Where(c => (string)c["task"]! == "score-pair").All(c => c["settings"]!["format"] is not null));
        Tool.Run("train", "--pairs", _folder["p.jsonl"], "--backbone", Products.Backbone, "--out", _folder["model"], "--batch-size", "2", "--max-steps", "1", "--max-length", "64", "--json").MustSucceed();
    }

    [TestMethod]
    public async Task Sample_SecondRunAndAnotherModel_PayOnlyForWhatIsNew()
    {
        WritePrompts(3);
        await using ChatServer server = await ChatServer.StartAsync(Reply);
        string[] Sample(string prompts, string model, string output) =>
            ["sample", "--prompts", _folder[prompts], "--teacher", "openai:" + model, "--endpoint", server.Endpoint, "--journal", _folder["calls.db"], "--out", _folder[output], "--json"];

        Tool.Run(Sample("prompts.jsonl", "one", "a.jsonl")).MustSucceed();
        JsonObject again = Tool.Run(Sample("prompts.jsonl", "one", "b.jsonl")).MustSucceed().Json();
        JsonObject more = Tool.Run(Sample("a.jsonl", "two", "c.jsonl")).MustSucceed().Json();

        Assert.AreEqual((0, 3), (Number(again, "calls"), Number(again, "from_journal")));
        CollectionAssert.AreEqual(File.ReadAllBytes(_folder["a.jsonl"]), File.ReadAllBytes(_folder["b.jsonl"]));
        Assert.AreEqual((3, 6), (Number(more, "calls"), Number(more, "answers")));
        Assert.IsTrue(CandidateFile.Read(_folder["c.jsonl"]).All(s => string.Join(' ', s.Candidates.Select(c => c.Source)) == "one two"));
    }

    [TestMethod]
    [DataRow("pairwise", 6)]
    [DataRow("anchored", 4)]
    [DataRow("single", 3)]
    public async Task Rank_OneListOfThree_CostsWhatTheHelpSays(string rating, int calls)
    {
        File.WriteAllText(_folder["c.jsonl"], """{"prompt": "Why?", "candidates": ["Because of the sun.", "Because of the moon.", "No idea."]}""");
        await using ChatServer server = await ChatServer.StartAsync(Reply);

        JsonObject ranked = Tool.Run(Rank(server, "--rating", rating, "--ties", "keep", "--json")).MustSucceed().Json();

        Assert.AreEqual((calls, calls, 3), (Number(ranked, "calls"), server.Log.Count, Number(ranked, "scored")));
        Assert.IsNull(ranked["pairs"]);
    }

    [TestMethod]
    public async Task SampleThenRank_LogProbabilities_AreKeptAndMakeScoresFiner()
    {
        WritePrompts(1);
        await using ChatServer server = await ChatServer.StartAsync(Reply);
        string[] teacher = ["--endpoint", server.Endpoint, "--journal", _folder["calls.db"], "--top-logprobs", "2"];
        Tool.Run(["sample", "--prompts", _folder["prompts.jsonl"], "--teacher", "openai:one", "--teacher", "openai:two", "--out", _folder["c.jsonl"], .. teacher]).MustSucceed();
        CandidateFile.Write(_folder["l.jsonl"], [new() { Id = "1", Prompt = "Why?", Candidates = [new("a"), new("b"), new("c"), new("d"), new("e"), new("f")] }]);
        Tool.Run(["rank", "--candidates", _folder["l.jsonl"], "--teacher", "openai:judge", "--out", _folder["r.jsonl"], "--ties", "keep", .. teacher]).MustSucceed();

        JsonObject[] answers = [.. Calls().Where(c => (string)c["task"]! == "respond")];
        Assert.HasCount(2, answers);
        Assert.IsTrue(answers.All(c => (string)c["reply"]! == string.Concat(c["logprobs"]!.AsArray().Select(t => (string)t!["token"]!)) && c["logprobs"]![0]!["top"]!.AsArray().Count == 2));

        // Two orders of written half points have a mean in quarters.
        Assert.IsTrue(CandidateFile.Read(_folder["r.jsonl"]).Single().Candidates.Any(c => c.Score * 4 % 1 != 0), "Scores are those that were written.");
    }

    [TestMethod]
    public async Task Rank_CtrlC_KeepsWhatWasPaidAndGoesOn()
    {
        WriteLists(8);
        await using ChatServer server = await ChatServer.StartAsync(Reply, TimeSpan.FromMilliseconds(100));
        string[] arguments = Rank(server, "--concurrency", "2", "--pairs", _folder["p.jsonl"], "--json");
        using (Process process = Tool.Start(arguments))
        {
            for (Stopwatch watch = Stopwatch.StartNew(); server.Log.Count < 4; await Task.Delay(5))
            {
                Assert.IsLessThan(60, watch.Elapsed.TotalSeconds, "Waited in vain.");
            }

            Signals.SendInterrupt(process);
            string error = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.AreEqual(130, process.ExitCode, error);
            StringAssert.Contains(error, "run the same command again");
        }

        Assert.IsFalse(File.Exists(_folder["r.jsonl"]) || File.Exists(_folder["p.jsonl"]));
        int paid = server.Log.Count;
        Tool.Run([.. arguments, "--max-calls", "1"]).MustFail(1, "budget of 1", "--max-calls");
        JsonObject rest = Tool.Run(arguments).MustSucceed().Json();
        Assert.AreEqual(server.Log.Count - paid - 1, Number(rest, "calls"));
        Assert.AreEqual(server.Log.Count, server.Log.Select(l => l.Key).Distinct().Count(), "A call was paid for twice.");
    }

    [TestMethod]
    public void SampleAndRank_Deferred_EndInTheFilesOfADirectRun()
    {
        PreferencePair[] few = [.. PairFile.Read(Products.FewPairs)];
        CandidateFile.Write(_folder["c.jsonl"], few.Select(p => new CandidateSet { Id = p.Id, Prompt = p.Prompt, Candidates = [new(p.Chosen), new(p.Rejected)] }));
        foreach ((string command, string input) in new[] { ("sample", "--prompts"), ("rank", "--candidates") })
        {
            string[] Arguments(string name, params string[] more) =>
                [command, input, _folder["c.jsonl"], "--teacher", "recorded:" + Products.RecordedPairs, "--journal", _folder[command + name + ".db"], "--out", _folder[command + name + ".jsonl"], "--json", .. more];
            Tool.Run(Arguments("direct")).MustSucceed();
            JsonObject first = Tool.Run(Arguments("waves", "--defer", _folder["wave.jsonl"])).MustSucceed().Json();
            for (int wave = 1; Number(first, "outstanding") > 0; wave++)
            {
                Assert.IsLessThan(4, wave);
                Assert.IsFalse(File.Exists(_folder[command + "waves.jsonl"]));
                BatchService.Answer(_folder["wave.jsonl"], _folder["results.jsonl"]);
                first = Tool.Run(Arguments("waves", "--import", _folder["results.jsonl"], "--defer", _folder["wave.jsonl"])).MustSucceed().Json();
            }

            Assert.AreEqual(0, Number(first, "calls"));
            CollectionAssert.AreEqual(File.ReadAllBytes(_folder[command + "direct.jsonl"]), File.ReadAllBytes(_folder[command + "waves.jsonl"]));
        }
    }

    private string[] Rank(ChatServer server, params string[] more) =>
        ["rank", "--candidates", _folder["c.jsonl"], "--teacher", "openai:judge", "--endpoint", server.Endpoint, "--journal", _folder["calls.db"], "--out", _folder["r.jsonl"], .. more];

    private void WritePrompts(int rows) => File.WriteAllLines(_folder["prompts.jsonl"], Enumerable.Range(0, rows).Select(i => $$"""{"id": "q{{i}}", "prompt": "Question {{i}}?"}"""));

    private void WriteLists(int rows) => CandidateFile.Write(_folder["c.jsonl"], Enumerable.Range(0, rows).Select(i =>
        new CandidateSet { Id = $"q{i}", Prompt = $"Question {i}?", Candidates = [new($"Answer {i}"), new($"Another answer {i}"), new($"A third answer {i}")] }));

    private JsonObject[] Calls()
    {
        Tool.Run("journal", "export", "--journal", _folder["calls.db"], "--out", _folder["calls.jsonl"]).MustSucceed();
        return [.. File.ReadLines(_folder["calls.jsonl"]).Select(line => JsonNode.Parse(line)!.AsObject())];
    }

    private static int Number(JsonObject json, string name) => (int)json[name]!;

    /// <summary>A judge whose own answers differ with model and seed.</summary>
    private static string Reply(ChatCall call)
        => Judge.Reply(call) is var reply && reply.StartsWith("A thorough answer", StringComparison.Ordinal) ? $"{reply} ({call.Key[..8]})" : reply;
}
