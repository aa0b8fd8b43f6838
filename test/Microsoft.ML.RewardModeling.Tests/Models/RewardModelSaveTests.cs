using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Weights;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models;

[TestClass]
public sealed class RewardModelSaveTests
{
    [TestMethod]
    [DataRow(true, false)]
    [DataRow(false, true)]
    public void Save_ThenLoad_GivesTheSameScoresAndLogits(bool tied, bool biases)
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create(tied, biases);
        int[][] texts = [TinyModels.Ids(1, 9), TinyModels.Ids(2, 30)];

        model.Save(folder["model"]);

        using RewardModel loaded = RewardModel.Load(folder["model"]);
        CollectionAssert.AreEqual(model.Score(texts), loaded.Score(texts));
        CollectionAssert.AreEqual(model.Logits(texts[0]), loaded.Logits(texts[0]));
        Assert.IsTrue(loaded.Config.IsSequenceClassifier);
    }

    [TestMethod]
    public void Save_RealBackbone_WritesTheHuggingFaceLayout()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = RewardModel.Load(TestData.Own("models", "rm-nano-base"));
        File.WriteAllText(folder["m.jsonl"], "{}\n");

        model.Save(folder["model"], new RewardModelSaveOptions { Card = new JsonObject { ["objective"] = "bradley-terry" }, MetricsPath = folder["m.jsonl"] });

        JsonNode config = JsonNode.Parse(File.ReadAllText(folder["model", "config.json"]))!;
        Assert.AreEqual("LlamaForSequenceClassification", (string?)config["architectures"]![0]);
        Assert.AreEqual("regression", (string?)config["problem_type"]);
        Assert.AreEqual(1, (int?)config["num_labels"]);
        Assert.HasCount(1, config["id2label"]!.AsObject());
        Assert.AreEqual(0, (int?)config["pad_token_id"]);
        Assert.AreEqual("float32", (string?)config["torch_dtype"]);
        JsonNode card = JsonNode.Parse(File.ReadAllText(folder["model", "reward_model.json"]))!;
        Assert.AreEqual(1, (int?)card["format_version"]);
        Assert.AreEqual("bradley-terry", (string?)card["objective"]);
        CollectionAssert.AreEquivalent(
            new[]
            {
                "NOTICE.md", "config.json", "generation_config.json", "metrics.jsonl", "model.safetensors", "reward_model.json", "special_tokens_map.json",
                "tokenizer.json", "tokenizer_config.json",
            },
            Directory.GetFileSystemEntries(folder["model"]).Select(Path.GetFileName).ToArray());
    }

    [TestMethod]
    public void Save_StateNames_AreTransformersOwn()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create(tied: false);
        model.Save(folder["model"]);

        using WeightsDirectory weights = WeightsDirectory.Open(folder["model"]);

        string[] layer =
        [
            "input_layernorm", "mlp.down_proj", "mlp.gate_proj", "mlp.up_proj", "post_attention_layernorm", "self_attn.k_proj", "self_attn.o_proj",
            "self_attn.q_proj", "self_attn.v_proj",
        ];
        string[] expected =
        [
            "lm_head.weight", "model.embed_tokens.weight", .. from i in new[] { 0, 1 } from part in layer select $"model.layers.{i}.{part}.weight",
            "model.norm.weight", "score.weight",
        ];
        CollectionAssert.AreEqual(expected, weights.Tensors.Keys.Order(StringComparer.Ordinal).ToArray());
        CollectionAssert.AreEqual(new long[] { 1, 32 }, weights.Tensors["score.weight"].Shape.ToArray());
    }

    [TestMethod]
    public void Save_LoadedType_KeepsTheBackbonesBits()
    {
        using TemporaryFolder folder = new();
        string source = TestData.Own("models", "rm-nano-base");
        using RewardModel model = RewardModel.Load(source);
        model.Save(folder["model"], new RewardModelSaveOptions { WeightType = SavedWeightType.AsLoaded });

        using WeightsDirectory before = WeightsDirectory.Open(source), after = WeightsDirectory.Open(folder["model"]);

        foreach ((string name, SafetensorsTensor tensor) in before.Tensors)
        {
            Assert.AreEqual("BF16", after.Tensors[name].Dtype);
            Assert.IsTrue(tensor.Bytes(0, (int)tensor.ByteLength).SequenceEqual(after.Tensors[name].Bytes(0, (int)tensor.ByteLength)), name);
        }
    }

    [TestMethod]
    public void Save_OverAnOlderModelAndOtherFiles_ReplacesTheModelOnly()
    {
        using TemporaryFolder folder = new();
        using RewardModel first = TinyModels.Create(seed: 1), second = TinyModels.Create(seed: 2);
        first.Save(folder["model"]);
        File.WriteAllText(folder["model", "mine.txt"], "keep");

        second.Save(folder["model"]);

        using RewardModel loaded = RewardModel.Load(folder["model"]);
        Assert.AreEqual(second.Score([[1, 5]])[0], loaded.Score([[1, 5]])[0]);
        Assert.AreEqual("keep", File.ReadAllText(folder["model", "mine.txt"]));
    }

    [TestMethod]
    public void Save_FolderIsAFile_NamesItAndLeavesIt()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create();
        File.WriteAllText(folder["model"], "in the way");

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => model.Save(folder["model"]));

        StringAssert.Contains(error.Message, folder["model"]);
        Assert.AreEqual("in the way", File.ReadAllText(folder["model"]));
    }

    [TestMethod]
    public void PadTokenId_NeverClosesAText()
    {
        BackboneConfig config = TinyModels.Config();

        Assert.AreEqual(1, RewardModelWriter.PadTokenId(config, new RewardModelSaveOptions()));
        Assert.AreEqual(0, RewardModelWriter.PadTokenId(config, new RewardModelSaveOptions { ClosingTokenIds = [1] }));
        Assert.AreEqual(1, RewardModelWriter.PadTokenId(config with { PadTokenId = 2 }, new RewardModelSaveOptions()));
        Assert.AreEqual(5, RewardModelWriter.PadTokenId(config, new RewardModelSaveOptions { PadTokenId = 5 }));
        Assert.ThrowsExactly<RewardModelingException>(() => RewardModelWriter.PadTokenId(config, new RewardModelSaveOptions { PadTokenId = 2 }));
    }

    [TestMethod]
    public void Load_WeightsThatDoNotFit_NamesEveryDifference()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create();
        model.Save(folder["model"]);
        string config = folder["model", "config.json"];
        File.WriteAllText(config, File.ReadAllText(config)
            .Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", StringComparison.Ordinal)
            .Replace("\"intermediate_size\": 40", "\"intermediate_size\": 44", StringComparison.Ordinal));

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => RewardModel.Load(folder["model"]));

        StringAssert.Contains(error.Message, "model.layers.1.mlp.up_proj.weight");
        StringAssert.Contains(error.Message, "model.layers.0.mlp.up_proj.weight");
        StringAssert.Contains(error.Message, "44");
        StringAssert.Contains(error.Message, "model.safetensors");
    }
}
