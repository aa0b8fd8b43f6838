using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace RewardModeling.Tool.Tests;

/// <summary>inspect on folders that other software made, and on broken ones: all facts and all problems at once.</summary>
[TestClass]
public sealed class InspectTests
{
    [TestMethod]
    public void Inspect_Backbone_TellsHeadsTypesAndThatTheWeightsFit()
    {
        JsonObject facts = Inspect(Products.Backbone);

        Assert.AreEqual("backbone", (string?)facts["kind"]);
        Assert.IsTrue((bool)facts["weights_fit"]!);
        Assert.IsNull(facts["reward_head"]);
        Assert.AreEqual((4, 2, 5), ((int)facts["heads"]!, (int)facts["key_value_heads"]!, (int)facts["layers"]!));
        Assert.AreEqual(8_001_024L, (long)facts["weights"]!["bytes_by_type"]!["BF16"]!);
    }

    [TestMethod]
    public void Inspect_ValueHead_TellsItsNameAndThatItIsARewardModel()
    {
        using TemporaryFolder folder = new();
        string copy = BrokenModels.WithHeader(Products.Backbone, folder["trl"], header => header["v_head.summary.weight"] = new JsonObject
        {
            ["dtype"] = "F32", ["shape"] = new JsonArray(1, 256), ["data_offsets"] = new JsonArray(8_001_024, 8_002_048),
        }, new byte[1024]);

        JsonObject facts = Inspect(copy);

        Assert.AreEqual("reward-model", (string?)facts["kind"]);
        Assert.AreEqual("linear, v_head.summary", (string?)facts["reward_head"]);
        Assert.AreEqual("BF16+F32", (string?)facts["dtype"]);
        Assert.IsEmpty(facts["problems"]!.AsArray());
    }

    [TestMethod]
    public void Inspect_EverythingBroken_ListsItAll()
    {
        using TemporaryFolder folder = new();
        string copy = BrokenModels.ForeignTokenizer(Products.Backbone, folder["broken"]);
        string config = Path.Combine(copy, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"num_hidden_layers\": 5", "\"num_hidden_layers\": 6", StringComparison.Ordinal));

        JsonObject facts = Inspect(copy);

        Assert.IsFalse((bool)facts["weights_fit"]!);
        string problems = facts["problems"]!.ToJsonString();
        StringAssert.Contains(problems, "model.layers.5.mlp.up_proj.weight");
        StringAssert.Contains(problems, "the embedding has 4096 rows");
    }

    [TestMethod]
    public void Inspect_NoJsonAndTruncatedWeights_StillTellsBoth()
    {
        using TemporaryFolder folder = new();
        string copy = BrokenModels.Truncated(Products.Backbone, folder["broken"]);
        File.WriteAllText(Path.Combine(copy, "config.json"), "{");

        JsonObject facts = Inspect(copy);

        Assert.IsFalse((bool)facts["supported"]!);
        string problems = facts["problems"]!.ToJsonString();
        StringAssert.Contains(problems, "not valid JSON");
        StringAssert.Contains(problems, "truncated");
        Assert.AreEqual(4096, (int)facts["tokenizer"]!["vocabulary_size"]!);
    }

    private static JsonObject Inspect(string folder) => Tool.Run("inspect", folder, "--json").MustSucceed().Json();
}
