using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RewardModeling.Testing;

namespace RewardModeling.Tool.Tests;

[TestClass]
public sealed class DistillTests
{
    private static readonly string Data = TestData.Own("first-party");

    [TestMethod]
    public void Distill_RecordedTeacher_WritesRowsInInputOrder()
    {
        JsonObject summary = Products.Distill.Json();

        Assert.AreEqual(12, (int)summary["rows"]!);
        Assert.IsGreaterThan(0, (int)summary["calls"]!);
        Assert.AreEqual(0, (int)summary["from_journal"]!);
        Assert.IsTrue((double)summary["mean_edit_similarity"]! is > 0.3 and < 1);
        Assert.AreEqual(12, (int)summary["ok"]! + summary["failed"]!.AsObject().Sum(reason => (int)reason.Value!));
        JsonObject[] rows = [.. File.ReadLines(Products.Pairs).Select(line => JsonNode.Parse(line)!.AsObject())];
        CollectionAssert.AreEqual(
            File.ReadLines(Products.FewPairs).Select(line => (string?)JsonNode.Parse(line)!["id"]).ToArray(), rows.Select(row => (string?)row["id"]).ToArray());
        CollectionAssert.AreEqual(
            new[] { "id", "prompt", "chosen", "rejected", "chosen_score", "rejected_score", "margin", "teacher_response", "edit_similarity", "status" },
            rows[0].Select(field => field.Key).ToArray());
    }

    [TestMethod]
    public void Distill_SecondRun_PaysForNothing()
    {
        _ = Products.Distill;
        byte[] first = File.ReadAllBytes(Products.Pairs);

        JsonObject again = Tool.Run(
            "distill", "--pairs", Products.FewPairs, "--teacher", "recorded:" + Products.RecordedPairs,
            "--journal", Products.Journal, "--out", Products.Pairs, "--json").MustSucceed().Json();

        Assert.AreEqual(0, (int)again["calls"]!);
        Assert.IsGreaterThan(0, (int)again["from_journal"]!);
        CollectionAssert.AreEqual(first, File.ReadAllBytes(Products.Pairs));
    }

    [TestMethod]
    public void Distill_BudgetUsedUp_KeepsWhatWasPaidAndGoesOn()
    {
        using TemporaryFolder folder = new();
        string[] arguments =
        [
            "distill", "--pairs", Products.FewPairs, "--teacher", "recorded:" + Products.RecordedPairs,
            "--journal", folder["calls.db"], "--out", folder["pairs.jsonl"], "--json",
        ];

        ToolResult stopped = Tool.Run([.. arguments, "--max-calls", "7"]).MustFail(1, "budget of 7", "calls.db", "--max-calls");

        Assert.AreEqual("failure", (string?)stopped.Json()["error"]!["kind"]);
        Assert.IsFalse(File.Exists(folder["pairs.jsonl"]));
        Assert.AreEqual(7L, Count(folder["calls.db"]));
        JsonObject rest = Tool.Run(arguments).MustSucceed().Json();
        Assert.AreEqual((int)Products.Distill.Json()["calls"]! - 7, (int)rest["calls"]!);
        CollectionAssert.AreEqual(File.ReadAllBytes(Products.Pairs), File.ReadAllBytes(folder["pairs.jsonl"]));
    }

    [TestMethod]
    public void Distill_KilledTenTimes_EqualsUninterruptedRun()
    {
        using TemporaryFolder folder = new();
        string[] pairs = [.. Directory.GetFiles(Data, "*.jsonl").Order(StringComparer.Ordinal)];
        string[] Arguments(string name) =>
            ["distill", "--pairs", .. pairs, "--teacher", "recorded:" + Data, "--journal", folder[name + ".db"], "--out", folder[name + ".jsonl"], "--concurrency", "2", "--json"];
        JsonObject whole = Tool.Run(Arguments("whole")).MustSucceed().Json();
        int calls = (int)whole["calls"]!;
        Random random = new(20260114);
        int[] moments = [.. Enumerable.Range(0, 10).Select(_ => random.Next(0, calls * 9 / 10)).Order()];

        int killed = moments.Count(moment => KillAt(Arguments("killed"), folder["killed.db"], moment));
        Assert.IsFalse(File.Exists(folder["killed.jsonl"]), "A killed run must not leave a file that looks complete.");
        JsonObject last = Tool.Run(Arguments("killed")).MustSucceed().Json();

        Assert.AreEqual(10, killed);
        CollectionAssert.AreEqual(File.ReadAllBytes(folder["whole.jsonl"]), File.ReadAllBytes(folder["killed.jsonl"]));
        CollectionAssert.AreEqual(Replies(folder["whole.db"]), Replies(folder["killed.db"]));
        Assert.AreEqual(calls, Scalar(folder["killed.db"], "SELECT SUM(attempts) FROM calls"), "A call was made twice.");
        Assert.IsLessThan(calls, (int)last["calls"]!);
    }

    [TestMethod]
    public void Distill_CtrlC_FinishesWhatIsInFlightAndKeepsIt()
    {
        using TemporaryFolder folder = new();
        using LocalTeacher server = new(_ => "An answer.", TimeSpan.FromMilliseconds(150));
        using Process process = Tool.Start(
        [
            "distill", "--pairs", Products.FewPairs, "--teacher", "openai:x", "--endpoint", server.Endpoint,
            "--journal", folder["calls.db"], "--out", folder["pairs.jsonl"], "--concurrency", "2", "--json",
        ]);
        WaitUntil(() => server.Requests >= 4);

        Signals.SendInterrupt(process);

        string error = process.StandardError.ReadToEnd();
        JsonNode message = JsonNode.Parse(process.StandardOutput.ReadToEnd())!["error"]!;
        process.WaitForExit();
        Assert.AreEqual(130, process.ExitCode, error);
        Assert.AreEqual("cancelled", (string?)message["kind"]);
        StringAssert.Contains(error, "run the same command again");
        Assert.IsFalse(File.Exists(folder["pairs.jsonl"]));
        Assert.AreEqual(server.Requests, Count(folder["calls.db"]), "A reply that was paid for is not in the journal.");
    }

    [TestMethod]
    public void Distill_KeyInEnvironment_IsSentAndNowhereWritten()
    {
        using TemporaryFolder folder = new();
        using LocalTeacher server = new(_ => "no score here");
        const string Key = "sk-secret-of-this-test";

        ToolResult result = Tool.Run(
            ["distill", "--pairs", Products.FewPairs, "--teacher", "openai:x", "--endpoint", server.Endpoint, "--no-refine", "--rescore",
             "--journal", folder["calls.db"], "--out", folder["pairs.jsonl"], "--verbose"],
            new() { ["OPENAI_API_KEY"] = Key });

        Assert.AreEqual("Bearer " + Key, server.Authorization);
        Assert.IsFalse((result.Output + result.Error).Contains(Key, StringComparison.Ordinal));
        Assert.AreEqual(0, Directory.GetFiles(folder.Path).Count(file => File.ReadAllText(file).Contains(Key, StringComparison.Ordinal)));
    }

    [TestMethod]
    public void Distill_NoKeyAndNoEndpoint_SaysWhichVariableToSet() => Tool.Run(
        "distill", "--pairs", Products.FewPairs, "--teacher", "openai:gpt-4o", "--journal", "j.db", "--out", "o.jsonl").MustFail(2, "OPENAI_API_KEY", "--endpoint");

    /// <summary>Runs the tool until its journal holds so many replies, then kills it.</summary>
    private static bool KillAt(string[] arguments, string journal, int replies)
    {
        using Process process = Tool.Start(arguments);
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        while (!process.HasExited && Count(journal) < replies)
        {
            Thread.Sleep(1);
        }

        bool isRunning = !process.HasExited;
        process.Kill();
        process.WaitForExit();
        return isRunning;
    }

    private static void WaitUntil(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.IsLessThan(60, watch.Elapsed.TotalSeconds, "Waited in vain.");
            Thread.Sleep(5);
        }
    }

    private static long Count(string journal) => Scalar(journal, "SELECT COUNT(*) FROM calls");

    private static long Scalar(string journal, string sql)
    {
        if (!File.Exists(journal))
        {
            return 0;
        }

        try
        {
            using SqliteConnection connection = Open(journal);
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            return (long)command.ExecuteScalar()!;
        }
        catch (SqliteException)
        {
            // The tool is about to create the file.
            return 0;
        }
    }

    private static string[] Replies(string journal)
    {
        using SqliteConnection connection = Open(journal);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT key, reply FROM calls ORDER BY key";
        using SqliteDataReader reader = command.ExecuteReader();
        List<string> replies = [];
        while (reader.Read())
        {
            replies.Add(reader.GetString(0) + " " + reader.GetString(1));
        }

        return [.. replies];
    }

    private static SqliteConnection Open(string journal)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = journal, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }
}
