using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace RewardModeling.Tool.Tests;

/// <summary>What is wrong with the input is told with its place and a remedy, and nothing that looks like a result is left.</summary>
[TestClass]
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public void Train_TruncatedWeights_NamesTheFile()
        => Train(BrokenModels.Truncated(Products.Backbone, _folder["base"])).MustFail(1, "model.safetensors");

    [TestMethod]
    public void Train_WrongShape_NamesTensorFoundAndExpected()
        => Train(BrokenModels.WrongShape(Products.Backbone, _folder["base"])).MustFail(1, "model.norm.weight", "[128, 2]", "[256]");

    [TestMethod]
    public void Train_TokenizerBeyondEmbedding_NamesBothSizes()
        => Train(BrokenModels.ForeignTokenizer(Products.Backbone, _folder["base"])).MustFail(1, "5000", "4096", "tokenizer");

    [TestMethod]
    public void Train_InvalidJsonOnLine7_NamesThePlace()
        => Train(Products.Backbone, Pairs((line, text) => line == 7 ? text[..40] : text)).MustFail(1, "in.jsonl:7");

    [TestMethod]
    public void Train_MissingColumn_NamesPlaceAndColumn()
        => Train(Products.Backbone, Pairs((line, text) => line == 3 ? Without(text, "prompt") : text)).MustFail(1, "in.jsonl:3", "prompt");

    [TestMethod]
    [DataRow("/proc/rewardmodel/model")]
    [DataRow("LICENSE/model")]
    public void Train_UnwritableOutput_IsToldBeforeTheWork(string output)
    {
        ToolResult result = Tool.Run("train", "--pairs", Products.FewPairs, "--backbone", Products.Backbone, "--out", output).MustFail(1, "--out", output, "Choose another place");

        Assert.IsFalse(result.Error.Contains("step", StringComparison.Ordinal), result.ToString());
    }

    [TestMethod]
    public void Distill_InvalidJsonOnLine7_NamesThePlaceAndPaysNothing()
        => Distill(Pairs((line, text) => line == 7 ? "{\"id\": " : text)).MustFail(1, "in.jsonl:7");

    [TestMethod]
    public void Distill_EmptyAnswer_NamesPlaceAndField()
        => Distill(Pairs((line, text) => line == 5 ? With(text, "response_a", "") : text)).MustFail(1, "in.jsonl:5", "response_a");

    [TestMethod]
    [DataRow("/proc/rewardmodel/out.jsonl")]
    [DataRow("LICENSE/out.jsonl")]
    public void Distill_UnwritableOutput_IsToldBeforeTheTeacherIsPaid(string output)
    {
        Tool.Run(
            "distill", "--pairs", Products.FewPairs, "--teacher", "recorded:" + Products.RecordedPairs,
            "--journal", _folder["calls.db"], "--out", output).MustFail(1, "--out", output, "Choose another place");

        Assert.IsFalse(File.Exists(_folder["calls.db"]));
    }

    [TestMethod]
    public void Distill_UnparseableReplies_NameAPairAndTheRemedy()
    {
        using LocalTeacher server = new(_ => "I'd rather not say.");

        Tool.Run(
            "distill", "--pairs", Products.FewPairs, "--teacher", "openai:x", "--endpoint", server.Endpoint, "--rescore",
            "--journal", _folder["calls.db"], "--out", _folder["out.jsonl"]).MustFail(1, "p1-001", "score-unparseable", "--endpoint", "calls.db");

        CollectionAssert.AreEqual(new[] { "calls.db" }, Left());
    }

    [TestMethod]
    public void Distill_JournalThatIsNoJournal_IsRefusedUnchanged()
    {
        File.WriteAllText(_folder["calls.db"], "my notes, not a journal");

        Distill(Products.FewPairs).MustFail(1, "calls.db");

        Assert.AreEqual("my notes, not a journal", File.ReadAllText(_folder["calls.db"]));
    }

    [TestMethod]
    public void Score_MissingColumn_NamesPlaceAndLeavesNothing()
    {
        _ = Products.Export;
        File.WriteAllLines(_folder["rows.jsonl"], ["""{"id": 1, "prompt": "Hi", "response": "Hello"}""", """{"id": 2, "prompt": "Hi", "answer": "Hello"}"""]);

        Score().MustFail(1, "rows.jsonl:2", "response", "answer");

        CollectionAssert.AreEqual(new[] { "rows.jsonl" }, Left());
    }

    [TestMethod]
    public void Score_EmptyAnswer_NamesPlaceAndLeavesNothing()
    {
        _ = Products.Export;
        File.WriteAllLines(_folder["rows.jsonl"], ["""{"id": 1, "prompt": "Hi", "response": ""}"""]);

        Score().MustFail(1, "rows.jsonl:1", "response");

        CollectionAssert.AreEqual(new[] { "rows.jsonl" }, Left());
    }

    [TestMethod]
    [DataRow("""{"id": 2, "prompt": "Hi", "response": null}""", "the column 'response' is null")]
    [DataRow("""{"id": 2, "prompt": "Hi", "response": "a", "response": "b"}""", "invalid JSON: Duplicate property 'response'")]
    [DataRow("""{"id": 2, "prompt": "Hi", "response": "\ud800"}""", "'response' is text with half of a surrogate pair")]
    [DataRow("""{"id": 2, "prompt": "Hi", "response": "a", "\ud800": 1}""", "invalid JSON")]
    public void Score_RowThatIsNoCleanJson_NamesPlaceAndProblem(string row, string problem)
    {
        _ = Products.Export;
        File.WriteAllLines(_folder["rows.jsonl"], ["""{"id": 1, "prompt": "Hi", "response": "Hello"}""", row]);

        Score().MustFail(1, "rows.jsonl:2", problem);
    }

    [TestMethod]
    public void Score_BytesThatAreNoUtf8_NamesTheirLine()
    {
        _ = Products.Export;
        string good = """{"id": 1, "prompt": "Hi", "response": "Hello"}""" + "\n";
        File.WriteAllBytes(_folder["rows.jsonl"], [.. System.Text.Encoding.UTF8.GetBytes(good), .. System.Text.Encoding.Latin1.GetBytes(good.Replace("Hi", "é", StringComparison.Ordinal))]);

        Score().MustFail(1, "rows.jsonl:2", "not UTF-8");
    }

    [TestMethod]
    [DataRow("score", "--model", "model")]
    [DataRow("tokenize", "--tokenizer", "base")]
    [DataRow("render", "--tokenizer", "base")]
    [DataRow("sample", "--prompts", "teacher")]
    [DataRow("rank", "--candidates", "teacher")]
    public void EmptyInput_IsNoResult(string command, string option, string kind)
    {
        File.WriteAllText(_folder["rows.jsonl"], "\n\n");
        string[] arguments = kind switch
        {
            "teacher" => [option, _folder["rows.jsonl"], "--teacher", "recorded:" + Products.RecordedPairs, "--journal", _folder["calls.db"]],
            "base" => [option, Products.Backbone, "--input", _folder["rows.jsonl"]],
            _ => [option, Onnx(), "--input", _folder["rows.jsonl"]],
        };

        Tool.Run([command, .. arguments, "--out", _folder["out.jsonl"]]).MustFail(1, "rows.jsonl: found no", "expected at least one");

        CollectionAssert.AreEqual(new[] { "rows.jsonl" }, Left());

        static string Onnx()
        {
            _ = Products.Export;
            return Products.Onnx;
        }
    }

    [TestMethod]
    [DataRow("sample", "--prompts", """{"id": "2", "question": "Hi"}""", "rows.jsonl:2: found no \"prompt\"")]
    [DataRow("sample", "--prompts", """{"id": "1", "prompt": "Hi"}""", "rows.jsonl:2: found the id '1'")]
    [DataRow("rank", "--candidates", """{"id": "2", "prompt": "Hi", "candidates": ["a", 7]}""", "rows.jsonl:2: found candidate 2")]
    [DataRow("rank", "--candidates", """{"id": "2", "prompt": "Hi", "candidates": [{"response": "a", "score": "high"}]}""", "\"score\" that is no finite number: \"high\"")]
    public void SampleOrRank_BadRow_NamesThePlaceAndPaysNothing(string command, string option, string row, string problem)
    {
        File.WriteAllLines(_folder["rows.jsonl"], ["""{"id": "1", "prompt": "Hi", "candidates": ["a", "b"]}""", row]);

        Tool.Run(command, option, _folder["rows.jsonl"], "--teacher", "recorded:" + Products.RecordedPairs, "--journal", _folder["calls.db"], "--out", _folder["out.jsonl"])
            .MustFail(1, problem);

        CollectionAssert.AreEqual(new[] { "rows.jsonl" }, Left());
    }

    [TestMethod]
    public void Rank_NothingToRank_SaysWhy()
    {
        File.WriteAllLines(_folder["rows.jsonl"], ["""{"id": "1", "prompt": "Hi", "candidates": ["a"]}""", """{"id": "2", "prompt": "Hi"}"""]);

        Tool.Run("rank", "--candidates", _folder["rows.jsonl"], "--teacher", "recorded:" + Products.RecordedPairs, "--journal", _folder["calls.db"], "--out", _folder["out.jsonl"])
            .MustFail(1, "none of the 2 lists became usable: 2 x too-few-candidates", "'1'");

        Assert.IsFalse(File.Exists(_folder["out.jsonl"]));
    }

    [TestMethod]
    public void Score_BackboneWithoutHead_SaysToTrainIt()
    {
        File.WriteAllLines(_folder["rows.jsonl"], ["""{"id": 1, "prompt": "Hi", "response": "Hello"}"""]);

        Tool.Run("score", "--model", Products.Backbone, "--input", _folder["rows.jsonl"], "--out", _folder["out.jsonl"])
            .MustFail(1, "without a reward head", "rewardmodel train");
    }

    [TestMethod]
    public void Evaluate_NoLabelledPair_SaysSo()
    {
        _ = Products.Export;
        File.WriteAllLines(_folder["in.jsonl"], ["""{"id": 1, "prompt": "Hi", "response_a": "Hello", "response_b": "No"}"""]);

        Tool.Run("evaluate", "--model", Products.Onnx, "--pairs", _folder["in.jsonl"], "--report", _folder["r.html"]).MustFail(1, "labelled");

        CollectionAssert.AreEqual(new[] { "in.jsonl" }, Left());
    }

    private ToolResult Train(string backbone, string? pairs = null)
    {
        ToolResult result = Tool.Run("train", "--pairs", pairs ?? Products.FewPairs, "--backbone", backbone, "--out", _folder["model"], "--max-steps", "1");
        Assert.IsFalse(File.Exists(_folder["model", "config.json"]), "A failed run left what looks like a model.");
        return result;
    }

    private ToolResult Distill(string pairs)
    {
        ToolResult result = Tool.Run(
            "distill", "--pairs", pairs, "--teacher", "recorded:" + Products.RecordedPairs, "--journal", _folder["calls.db"], "--out", _folder["out.jsonl"]);
        Assert.IsFalse(File.Exists(_folder["out.jsonl"]));
        return result;
    }

    private ToolResult Score() => Tool.Run("score", "--model", Products.Onnx, "--input", _folder["rows.jsonl"], "--out", _folder["out.jsonl"]);

    private string?[] Left() => [.. Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)];

    private string Pairs(Func<int, string, string> change)
    {
        File.WriteAllLines(_folder["in.jsonl"], File.ReadLines(Products.FewPairs).Select((text, i) => change(i + 1, text)));
        return _folder["in.jsonl"];
    }

    private static string Without(string text, string field)
    {
        JsonObject row = JsonNode.Parse(text)!.AsObject();
        row.Remove(field);
        return row.ToJsonString();
    }

    private static string With(string text, string field, string value)
    {
        JsonObject row = JsonNode.Parse(text)!.AsObject();
        row[field] = value;
        return row.ToJsonString();
    }
}
