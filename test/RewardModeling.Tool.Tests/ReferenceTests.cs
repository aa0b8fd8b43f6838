using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace RewardModeling.Tool.Tests;

/// <summary>inspect, tokenize, render and logits: the commands that answer "why is my score different from the reference?".</summary>
[TestClass]
public sealed class ReferenceTests
{
    [TestMethod]
    public void Inspect_Backbone_TellsWhatItIs()
    {
        JsonObject facts = Tool.Run("inspect", Products.Backbone, "--json").MustSucceed().Json();

        Assert.AreEqual("llama", (string?)facts["family"]);
        Assert.AreEqual("LlamaForCausalLM", (string?)facts["architecture"]);
        Assert.AreEqual(4_000_512L, (long)facts["parameters"]!);
        Assert.AreEqual("BF16", (string?)facts["dtype"]);
        Assert.AreEqual(4096, (int)facts["tokenizer"]!["vocabulary_size"]!);
        Assert.IsTrue((bool)facts["chat_template"]!);
        Assert.IsTrue((bool)facts["supported"]!);
        Assert.IsEmpty(facts["problems"]!.AsArray());
    }

    [TestMethod]
    public void Inspect_UnsupportedFamilyWithoutWeights_ListsEveryProblem()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["config.json"], """{"architectures": ["MambaForCausalLM"], "model_type": "mamba", "vocab_size": 10}""");

        JsonObject facts = Tool.Run("inspect", folder.Path, "--json").MustSucceed().Json();

        Assert.AreEqual("mamba", (string?)facts["family"]);
        Assert.IsFalse((bool)facts["supported"]!);
        string problems = facts["problems"]!.ToJsonString();
        StringAssert.Contains(problems, "MambaForCausalLM");
        StringAssert.Contains(problems, "safetensors");
        StringAssert.Contains(problems, "tokenizer.json");
    }

    [TestMethod]
    public void Inspect_OnnxFolder_TellsPrecisionAndParity()
    {
        _ = Products.Export;

        JsonObject facts = Tool.Run("inspect", Products.Onnx, "--json").MustSucceed().Json();

        Assert.AreEqual("onnx", (string?)facts["kind"]);
        Assert.AreEqual("fp32", (string?)facts["precision"]);
        Assert.IsLessThan(1e-4, (double)facts["parity_max_abs"]!);
        Assert.IsEmpty(facts["problems"]!.AsArray());
    }

    [TestMethod]
    public void Tokenize_ReferenceCases_GiveTheirIdsAndTextsBack()
    {
        using TemporaryFolder folder = new();
        JsonObject[] cases = [.. File.ReadLines(Path.Combine(Products.Backbone, "tokenizer_cases.jsonl")).Select(line => JsonNode.Parse(line)!.AsObject())];
        File.WriteAllLines(folder["texts.jsonl"], cases.Select((item, i) => new JsonObject { ["id"] = i, ["text"] = item["text"]!.DeepClone() }.ToJsonString()));

        Tool.Run("tokenize", "--tokenizer", Products.Backbone, "--input", folder["texts.jsonl"], "--out", folder["ids.jsonl"]).MustSucceed();

        JsonObject[] rows = [.. File.ReadLines(folder["ids.jsonl"]).Select(line => JsonNode.Parse(line)!.AsObject())];
        Assert.HasCount(cases.Length, rows);
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.AreEqual(i, (int)rows[i]["id"]!);
            Assert.AreEqual(cases[i]["ids"]!.ToJsonString(), rows[i]["ids"]!.ToJsonString(), (string?)cases[i]["text"]);
            Assert.AreEqual((string?)cases[i]["text"], (string?)rows[i]["decoded"]);
        }
    }

    [TestMethod]
    public void Render_Conversations_GiveTextOrTheTemplatesRefusal()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder["in.jsonl"],
        [
            """{"id": 1, "messages": [{"role": "user", "content": " Hi "}, {"role": "assistant", "content": "Hello"}], "add_generation_prompt": false}""",
            """{"id": 2, "messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": true, "variables": {"bos_token": "<B>"}}""",
        ]);
        File.WriteAllText(folder["strict.jinja"], "{% if messages[0].role != 'system' %}{{ raise_exception('system first') }}{% endif %}{{ bos_token }}");

        Tool.Run("render", "--tokenizer", Products.Backbone, "--input", folder["in.jsonl"], "--out", folder["out.jsonl"]).MustSucceed();
        JsonObject refused = Tool.Run("render", "--template", folder["strict.jinja"], "--input", folder["in.jsonl"], "--out", folder["refused.jsonl"], "--json")
            .MustSucceed().Json();

        string?[] texts = [.. File.ReadLines(folder["out.jsonl"]).Select(line => (string?)JsonNode.Parse(line)!["text"])];
        Assert.AreEqual("<|bos|><|user|>\nHi<|end|>\n<|assistant|>\nHello<|end|>\n", texts[0]);
        Assert.AreEqual("<B><|user|>\nHi<|end|>\n<|assistant|>\n", texts[1]);
        Assert.AreEqual(2, (int)refused["errors"]!);
        StringAssert.Contains(File.ReadLines(folder["refused.jsonl"]).First(), "system first");
    }

    [TestMethod]
    public void Render_ToolsAndVariables_ReachTheTemplateAndErrorsStayInTheirRow()
    {
        using TemporaryFolder folder = new();
        File.WriteAllLines(folder["in.jsonl"],
        [
            """{"id": "t", "messages": [{"role": "user", "content": [{"type": "text", "text": "Żó"}]}], "tools": [{"name": "f", "n": 1.0}], "variables": {"think": false, "documents": ["d"]}}""",
            """{"id": 7, "messages": [{"role": "user", "content": null}], "add_generation_prompt": true}""",
            """{"id": "e", "messages": []}""",
        ]);
        File.WriteAllText(
            folder["t.jinja"],
            "{{ messages[0].content[0].text + '|' ~ tools | tojson ~ '|' ~ think ~ '|' ~ documents ~ '|' ~ add_generation_prompt }}");

        JsonObject summary = Tool.Run("render", "--template", folder["t.jinja"], "--input", folder["in.jsonl"], "--out", folder["out.jsonl"], "--json")
            .MustSucceed().Json();

        JsonNode[] rows = [.. File.ReadLines(folder["out.jsonl"]).Select(line => JsonNode.Parse(line)!)];
        Assert.AreEqual("""{"id":"t","text":"Żó|[{\"name\": \"f\", \"n\": 1.0}]|False|['d']|False"}""", File.ReadLines(folder["out.jsonl"]).First());
        Assert.AreEqual("The chat template failed in line 1: None has no element 0", (string?)rows[1]["error"]);
        Assert.AreEqual(7, (int)rows[1]["id"]!);
        StringAssert.Contains((string?)rows[2]["error"], "list object has no element 0");
        Assert.AreEqual(2, (int)summary["errors"]!);
    }

    [TestMethod]
    [DataRow("\"tools\": {}", "'tools' is {}; expected a list of tools")]
    [DataRow("\"variables\": [1]", "'variables' is [1]; expected an object of names and values")]
    [DataRow("\"add_generation_prompt\": \"yes\"", "'add_generation_prompt' is \"yes\"; expected true or false")]
    public void Render_WrongColumn_IsNamedWithItsRow(string column, string message)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["in.jsonl"], $$"""{"id": 1, "messages": [], {{column}}}""");
        File.WriteAllText(folder["t.jinja"], "x");
        ToolResult result = Tool.Run("render", "--template", folder["t.jinja"], "--input", folder["in.jsonl"], "--out", folder["out.jsonl"]);
        Assert.AreNotEqual(0, result.ExitCode, result.ToString());
        Assert.Contains("in.jsonl:1: " + message, result.Error);
    }

    [TestMethod]
    public void Logits_ReferenceVectors_AgreeAndPaddingIsZero()
    {
        using TemporaryFolder folder = new();
        JsonNode vector = JsonNode.Parse(File.ReadAllText(Path.Combine(Products.Backbone, "reference.json")))!["vectors"]![0]!;
        int[] ids = [.. vector["input_ids"]!.AsArray().Select(id => (int)id!)];
        int[] padded = [.. ids, 0, 0];
        int[] mask = [.. ids.Select(_ => 1), 0, 0];
        File.WriteAllText(folder["cases.json"], new JsonObject
        {
            ["cases"] = new JsonArray(
                new JsonObject { ["name"] = "plain", ["input_ids"] = Matrix(ids) },
                new JsonObject { ["name"] = "padded", ["input_ids"] = Matrix(padded), ["attention_mask"] = Matrix(mask) }),
        }.ToJsonString());

        Tool.Run("logits", "--backbone", Products.Backbone, "--input", folder["cases.json"], "--out", folder["logits"]).MustSucceed();

        float[] plain = Read(folder["logits", "plain.f32"]);
        float[] masked = Read(folder["logits", "padded.f32"]);
        Assert.HasCount(ids.Length * 4096, plain);
        Assert.HasCount((ids.Length + 2) * 4096, masked);
        for (int position = 0; position < ids.Length; position++)
        {
            for (int i = 0; i < 8; i++)
            {
                float expected = (float)vector["positions"]![position]!["logits_first8"]![i]!;
                Assert.AreEqual(expected, plain[(position * 4096) + i], 5e-4f);
                Assert.AreEqual(expected, masked[(position * 4096) + i], 5e-4f);
            }
        }

        Assert.IsTrue(masked.Skip(ids.Length * 4096).All(value => value == 0));
    }

    [TestMethod]
    public void Logits_SequenceClassifier_GivesOneScoreARow()
    {
        using TemporaryFolder folder = new();
        _ = Products.Train;
        File.WriteAllText(folder["cases.json"], """{"cases": [{"name": "s", "input_ids": [[1, 5, 9], [1, 7, 2]]}]}""");

        JsonObject result = Tool.Run("logits", "--backbone", Products.Model, "--input", folder["cases.json"], "--out", folder["o"], "--json").MustSucceed().Json();

        Assert.AreEqual("[2,1]", result["cases"]![0]!["shape"]!.ToJsonString());
        Assert.HasCount(2, Read(folder["o", "s.f32"]));
    }

    [TestMethod]
    [DataRow("""{"cases": [{"name": "../x", "input_ids": [[1]]}]}""", "case 1")]
    [DataRow("""{"cases": [{"name": "x", "input_ids": [[1, 2], [3]]}]}""", "equally long")]
    [DataRow("""{"cases": [{"name": "x", "input_ids": [[99999]]}]}""", "99999")]
    public void Logits_BadCase_IsNamed(string cases, string message)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["cases.json"], cases);

        Tool.Run("logits", "--backbone", Products.Backbone, "--input", folder["cases.json"], "--out", folder["o"]).MustFail(1, "cases.json", message);
    }

    private static JsonArray Matrix(int[] row) => [new JsonArray([.. row.Select(value => (JsonNode)value)])];

    private static float[] Read(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
}
