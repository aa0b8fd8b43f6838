using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace RewardModeling.Tool.Tests;

/// <summary>The same pairs through a batch service as by direct calls.</summary>
[TestClass]
public sealed class DistillDeferredTests
{
    [TestMethod]
    public void Distill_ThreeWaves_WriteTheFileOfADirectRun()
    {
        _ = Products.Distill;
        using TemporaryFolder folder = new();
        ToolResult first = Tool.Run(Arguments(folder, "--defer", folder["wave1.jsonl"])).MustSucceed();
        StringAssert.Contains(first.Error + first.Output, "wave1.jsonl");
        Assert.IsNull(first.Json()["out"]);
        Assert.AreEqual((int)first.Json()["outstanding"]!, File.ReadLines(folder["wave1.jsonl"]).Count());
        Assert.AreEqual(12, (int)first.Json()["failed"]!["outstanding"]!);
        Assert.IsFalse(File.Exists(folder["pairs.jsonl"]));

        BatchService.Answer(folder["wave1.jsonl"], folder["results1.jsonl"], failEvery: 9);
        JsonObject second = Tool.Run(Arguments(folder, "--import", folder["results1.jsonl"], "--defer", folder["wave2.jsonl"])).MustSucceed().Json();
        Assert.IsGreaterThan(0, (int)second["failed_results"]!["batch: HTTP status 500"]!);

        // Without --defer there is no place for the calls that the import makes possible.
        BatchService.Answer(folder["wave2.jsonl"], folder["results2.jsonl"]);
        Tool.Run(Arguments(folder, "--import", folder["results2.jsonl"])).MustFail(1, "outstanding", "--defer");

        // Its replies are kept; the results of an earlier wave are no use here.
        Tool.Run(Arguments(folder, "--import", folder["results2.jsonl"], "--defer", folder["wave3.jsonl"])).MustFail(1, "none of the", "imported before");
        Tool.Run(Arguments(folder, "--defer", folder["wave3.jsonl"])).MustSucceed();
        BatchService.Answer(folder["wave3.jsonl"], folder["results3.jsonl"]);
        ToolResult third = Tool.Run(Arguments(folder, "--import", folder["results3.jsonl"], "--defer", folder["wave4.jsonl"])).MustSucceed();
        if ((int)third.Json()["outstanding"]! > 0)
        {
            // The rows whose calls failed in the first wave are one wave behind.
            BatchService.Answer(folder["wave4.jsonl"], folder["results4.jsonl"]);
            third = Tool.Run(Arguments(folder, "--import", folder["results4.jsonl"])).MustSucceed();
        }

        Assert.AreEqual((0, 0), ((int)third.Json()["outstanding"]!, (int)third.Json()["calls"]!));
        Assert.AreEqual(folder["pairs.jsonl"], (string?)third.Json()["out"]);
        CollectionAssert.AreEqual(File.ReadAllBytes(Products.Pairs), File.ReadAllBytes(folder["pairs.jsonl"]));
    }

    [TestMethod]
    public void Distill_ImportOfTheBatchItself_SaysWhichFileIsMeant()
    {
        using TemporaryFolder folder = new();
        Tool.Run(Arguments(folder, "--defer", folder["wave1.jsonl"])).MustSucceed();

        Tool.Run(Arguments(folder, "--import", folder["wave1.jsonl"])).MustFail(1, "wave1.jsonl:1", "not the one that was sent");
    }

    [TestMethod]
    public void Distill_DeferWithoutAKey_NeedsNone()
    {
        using TemporaryFolder folder = new();
        ToolResult result = Tool.Run(
            "distill", "--pairs", Products.FewPairs, "--teacher", "openai:gpt-4o", "--journal", folder["j.db"], "--out", folder["o.jsonl"], "--defer", folder["b.jsonl"]).MustSucceed();

        StringAssert.Contains(result.Output, "Next: have this batch answered");
        Assert.AreEqual("gpt-4o", (string?)JsonNode.Parse(File.ReadLines(folder["b.jsonl"]).First())!["body"]!["model"]);
    }

    private static string[] Arguments(TemporaryFolder folder, params string[] more) =>
    [
        "distill", "--pairs", Products.FewPairs, "--teacher", "recorded:" + Products.RecordedPairs,
        "--journal", folder["calls.db"], "--out", folder["pairs.jsonl"], "--json", .. more,
    ];
}
