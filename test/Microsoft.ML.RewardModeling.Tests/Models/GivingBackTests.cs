using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Weights;
using Microsoft.ML.RewardModeling.Tests.Training;
using Microsoft.ML.RewardModeling.Training;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models;

/// <summary>A directory made from every family is what transformers and vLLM load as a reward model.</summary>
[TestClass]
public sealed class GivingBackTests
{
    [TestMethod]
    [DynamicData(nameof(ServedFamilies.Names), typeof(ServedFamilies))]
    public void Save_EveryFamily_FitsTheDescriptionOfItsServers(string family)
    {
        using TemporaryFolder folder = new();
        using RewardModel model = RewardModel.Create(ServedFamilies.Config(family), seed: 3);

        model.Save(folder["model"]);

        JsonNode description = ServedFamilies.Description, config = JsonNode.Parse(File.ReadAllText(folder["model", "config.json"]))!;
        Assert.AreEqual((string?)ServedFamilies.Family(family)["transformers"], (string?)config["architectures"]!.AsArray().Single());
        foreach ((string key, JsonNode? expected) in description["config"]!.AsObject())
        {
            Assert.IsTrue(JsonNode.DeepEquals(expected, config[key]), $"{key} is {config[key]?.ToJsonString()}");
        }

        foreach (JsonNode? key in description["absent"]!.AsArray())
        {
            Assert.IsFalse(config.AsObject().ContainsKey((string)key!), (string)key!);
        }

        // The tiny configuration pads with the token that ends texts, which would move the reward one token forward.
        Assert.AreNotEqual((int?)config["eos_token_id"], (int?)config["pad_token_id"]);
        Assert.AreEqual("float32", (string?)config["dtype"]);
        Assert.AreEqual("float32", (string?)config["torch_dtype"]);
        Dictionary<string, long[]> expectedTensors = ServedFamilies.Tensors(family);
        using WeightsDirectory weights = WeightsDirectory.Open(folder["model"]);
        string[] ignored = [.. description["ignored"]!.AsArray().Select(name => (string)name!)];
        weights.RequireExactly(expectedTensors, name => ignored.Contains(name));
        Assert.IsTrue(weights.Tensors.Values.All(tensor => tensor.Dtype == "F32"));
    }

    [TestMethod]
    [DynamicData(nameof(ServedFamilies.Names), typeof(ServedFamilies))]
    public void Save_AfterFiveSteps_ReloadsWithTheSameScoresToTheBit(string family)
    {
        using TemporaryFolder folder = new();
        using RewardModel model = RewardModel.Create(ServedFamilies.Config(family), seed: 5);
        int[][] texts = [TinyModels.Ids(1, 9), TinyModels.Ids(2, 30), [1, 5]];
        float[] before = model.Score(texts);
        TokenizedPair[] pairs = TrainingData.Pairs(8);
        TrainingRun.Run(model, pairs, [], new TrainingOptions { BatchSize = 4, MaxSteps = 5, Epochs = 5, LearningRate = 1e-3, Objective = RewardObjective.BradleyTerry });
        float[] trained = model.Score(texts);
        CollectionAssert.AreNotEqual(before, trained);

        model.Save(folder["model"]);

        using RewardModel reloaded = RewardModel.Load(folder["model"]), mapped = RewardModel.Load(folder["model"], new RewardModelLoadOptions { Precision = WeightPrecision.AsStored });
        CollectionAssert.AreEqual(trained, reloaded.Score(texts));
        CollectionAssert.AreEqual(trained, mapped.Score(texts));
        Assert.IsTrue(reloaded.HasTrainedHead);
        Assert.IsFalse(model.HasTrainedHead && model.Directory is not null);
    }

    [TestMethod]
    public void Save_OverAModelFromElsewhere_DropsWhatBelongsToItsCode()
    {
        using TemporaryFolder folder = new();
        JsonNode node = ServedFamilies.Family("qwen2")["config"]!.DeepClone();
        node["auto_map"] = new JsonObject { ["AutoModel"] = "modeling_x.X" };
        node["_name_or_path"] = "/home/someone";
        node["custom_key"] = 7;
        using RewardModel model = RewardModel.Create(BackboneConfig.Parse(node.ToJsonString(), "test"), seed: 1);

        model.Save(folder["model"]);

        JsonObject config = JsonNode.Parse(File.ReadAllText(folder["model", "config.json"]))!.AsObject();
        Assert.IsFalse(config.ContainsKey("auto_map") || config.ContainsKey("_name_or_path"));
        Assert.AreEqual(7, (int?)config["custom_key"]);
    }

    [TestMethod]
    [DataRow(SavedWeightType.Bf16, "BF16", "bfloat16", 0.05f)]
    [DataRow(SavedWeightType.Fp16, "F16", "float16", 0.005f)]
    public void Save_NarrowTypes_AreStatedAndCloseToTheModel(SavedWeightType type, string dtype, string name, float tolerance)
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create();
        int[][] texts = [TinyModels.Ids(1, 9), TinyModels.Ids(2, 30)];

        model.Save(folder["model"], new RewardModelSaveOptions { WeightType = type });

        JsonNode config = JsonNode.Parse(File.ReadAllText(folder["model", "config.json"]))!;
        Assert.AreEqual((name, name), ((string?)config["dtype"], (string?)config["torch_dtype"]));
        using WeightsDirectory weights = WeightsDirectory.Open(folder["model"]);
        Assert.IsTrue(weights.Tensors.Values.All(tensor => tensor.Dtype == dtype));
        using RewardModel loaded = RewardModel.Load(folder["model"]);
        float[] expected = model.Score(texts), actual = loaded.Score(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], tolerance);
        }
    }

    [TestMethod]
    public void Save_WeightTooLargeForFloat16_NamesTheTensorAndLeavesNoModel()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = RewardModel.Create(TinyModels.Config(initializerRange: 1e6), seed: 1);

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(
            () => model.Save(folder["model"], new RewardModelSaveOptions { WeightType = SavedWeightType.Fp16 }));

        StringAssert.Contains(error.Message, "model.embed_tokens.weight");
        Assert.IsFalse(Directory.Exists(folder["model"]));
    }

    [TestMethod]
    public void Save_InShards_WritesAnIndexAndReplacesOlderLayouts()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create(tied: false);
        int[][] texts = [TinyModels.Ids(1, 9)];

        model.Save(folder["model"], new RewardModelSaveOptions { MaxShardBytes = 12_000 });

        string[] shards = [.. Directory.GetFiles(folder["model"], "*.safetensors").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        Assert.IsTrue(shards.Length > 2, string.Join(", ", shards));
        Assert.AreEqual($"model-00001-of-{shards.Length:D5}.safetensors", shards[0]);
        JsonNode index = JsonNode.Parse(File.ReadAllText(folder["model", "model.safetensors.index.json"]))!;
        using (WeightsDirectory weights = WeightsDirectory.Open(folder["model"]))
        {
            Assert.AreEqual(weights.ByteLength, (long?)index["metadata"]!["total_size"]);
            Assert.AreEqual(weights.Tensors.Count, index["weight_map"]!.AsObject().Count);
        }

        using (RewardModel loaded = RewardModel.Load(folder["model"]))
        {
            CollectionAssert.AreEqual(model.Score(texts), loaded.Score(texts));
        }

        model.Save(folder["model"]);
        CollectionAssert.AreEqual(new[] { "model.safetensors" }, Directory.GetFiles(folder["model"], "model*").Select(path => Path.GetFileName(path)).ToArray());
        model.Save(folder["model"], new RewardModelSaveOptions { MaxShardBytes = 30_000 });
        Assert.IsFalse(File.Exists(folder["model", "model.safetensors"]));
        using RewardModel again = RewardModel.Load(folder["model"]);
        CollectionAssert.AreEqual(model.Score(texts), again.Score(texts));
    }
}
