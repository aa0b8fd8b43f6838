using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Weights;
using Microsoft.ML.RewardModeling.Tests.Training;
using Microsoft.ML.RewardModeling.Training;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models;

/// <summary>Reward models that other software made: the same weights under their names give the same rewards.</summary>
[TestClass]
public sealed class ForeignLayoutTests
{
    private static readonly int[][] Texts = [TinyModels.Ids(1, 9), TinyModels.Ids(2, 30)];

    [TestMethod]
    [DataRow("LlamaForSequenceClassification", DisplayName = "Skywork-Reward-V2: Llama, BF16, one label")]
    [DataRow("Qwen3ForSequenceClassification", DisplayName = "Skywork-Reward-V2: Qwen3")]
    public void Load_SkyworkLayout_GivesItsRewards(string architecture)
    {
        string family = architecture.StartsWith("Llama", StringComparison.Ordinal) ? "llama" : "qwen3";
        using TemporaryFolder folder = new();
        using RewardModel model = RewardModel.Create(ServedFamilies.Config(family), seed: 4);
        model.Save(folder["saved"], new RewardModelSaveOptions { WeightType = SavedWeightType.Bf16 });
        Relabel(folder["saved"], folder["foreign"], name => name, config =>
        {
            config["architectures"] = new JsonArray(architecture);
            config.Remove("sentence_transformers");
            config.Remove("problem_type");
            config.Remove("dtype");
        });

        using RewardModel saved = RewardModel.Load(folder["saved"]), foreign = RewardModel.Load(folder["foreign"]);

        CollectionAssert.AreEqual(saved.Score(Texts), foreign.Score(Texts));
        Assert.IsTrue(foreign.HasTrainedHead);
        TrainingRun.Run(foreign, TrainingData.Pairs(8), [], new TrainingOptions { BatchSize = 8, MaxSteps = 1, Epochs = 1, LearningRate = 1e-3, Objective = RewardObjective.BradleyTerry });
        CollectionAssert.AreNotEqual(saved.Score(Texts), foreign.Score(Texts));
    }

    [TestMethod]
    [DataRow("LlamaForCausalLM", "{0}", "v_head.summary", true, DisplayName = "TRL: v_head.summary beside the backbone")]
    [DataRow("LlamaForCausalLM", "pretrained_model.{0}", "v_head.summary", true, DisplayName = "TRL, wrapped")]
    [DataRow("AutoModelForCausalLMWithValueHead", "{0}", "v_head.summary", true, DisplayName = "TRL, its own class name")]
    [DataRow("RewardModel", "{0}", "value_head", false, DisplayName = "OpenRLHF: RewardModel, value_head")]
    [DataRow("RewardModel", "{0}", "score", false, DisplayName = "OpenRLHF: RewardModel, score")]
    [DataRow("LlamaForCausalLM", "rwtransformer.{0}", "v_head", false, DisplayName = "DeepSpeed-Chat: bare backbone in rwtransformer")]
    public void Load_ValueHeadLayouts_GiveTheRewardsOfTheHead(string architecture, string backbone, string head, bool bias)
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create(tied: false, seed: 6);
        model.Save(folder["saved"]);
        bool bare = backbone.StartsWith("rwtransformer", StringComparison.Ordinal);
        string Rename(string name) => name switch
        {
            "score.weight" => head + ".weight",
            "lm_head.weight" when bare || architecture == "RewardModel" => "",
            _ => string.Format(null, backbone, bare ? name["model.".Length..] : name),
        };
        Relabel(
            folder["saved"], folder["foreign"], Rename, config => Foreign(config, architecture),
            bias ? [new SafetensorsSource($"{head}.bias", "F32", [1], stream => stream.Write(BitConverter.GetBytes(0.25f)))] : []);

        using RewardModel foreign = RewardModel.Load(folder["foreign"]);

        float[] expected = [.. model.Score(Texts).Select(reward => bias ? reward + 0.25f : reward)];
        for (int i = 0; i < Texts.Length; i++)
        {
            Assert.AreEqual(expected[i], foreign.Score(Texts)[i], 1e-5f);
        }

        Assert.IsTrue(foreign.HasTrainedHead);
        Assert.AreEqual(RewardHeadKind.Linear, foreign.Head);

        // What was loaded from elsewhere is saved as this library saves it, head and bias included.
        foreign.Save(folder["again"]);
        using RewardModel again = RewardModel.Load(folder["again"]);
        CollectionAssert.AreEqual(foreign.Score(Texts), again.Score(Texts));
    }

    [TestMethod]
    public void Load_ValueHeadInItsOwnFile_IsRead()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create(seed: 6);
        model.Save(folder["saved"]);
        Relabel(folder["saved"], folder["foreign"], name => name == "score.weight" ? "" : name, config => Foreign(config, "LlamaForCausalLM"));
        using (WeightsDirectory saved = WeightsDirectory.Open(folder["saved"]))
        {
            byte[] score = saved.Tensors["score.weight"].Bytes(0, 32 * 4).ToArray();
            SafetensorsWriter.Write(folder["foreign", "value_head.safetensors"],
            [
                new SafetensorsSource("v_head.summary.weight", "F32", [1, 32], stream => stream.Write(score)),
                new SafetensorsSource("v_head.summary.bias", "F32", [1], stream => stream.Write(new byte[4])),
            ]);
        }

        using RewardModel foreign = RewardModel.Load(folder["foreign"]);

        CollectionAssert.AreEqual(model.Score(Texts), foreign.Score(Texts));
    }

    /// <summary>OpenRLHF's normalize_reward: (r - 2) / 4.</summary>
    [TestMethod]
    public void Load_NormalizedRewards_AreAppliedOnceAndSavedInTheHead()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create(seed: 6);
        model.Save(folder["saved"]);
        Relabel(folder["saved"], folder["foreign"], name => name == "score.weight" ? "value_head.weight" : name, config =>
        {
            Foreign(config, "RewardModel");
            (config["normalize_reward"], config["mean"], config["std"]) = (true, 2.0, 4.0);
        });

        using RewardModel foreign = RewardModel.Load(folder["foreign"]);
        foreign.Save(folder["again"]);
        using RewardModel again = RewardModel.Load(folder["again"]);

        for (int i = 0; i < Texts.Length; i++)
        {
            Assert.AreEqual((model.Score(Texts)[i] - 2) / 4, foreign.Score(Texts)[i], 1e-5f);
        }

        CollectionAssert.AreEqual(foreign.Score(Texts), again.Score(Texts));
    }

    [TestMethod]
    [DataRow("score.2", DisplayName = "Qwen2ForRewardModel")]
    [DataRow("score.3", DisplayName = "with dropout between the layers")]
    public void Load_MlpHead_GivesTheRewardsOfBothLayers(string second)
    {
        using TemporaryFolder folder = new();
        using RewardModel model = RewardModel.Create(ServedFamilies.Config("qwen2"), seed: 7, RewardHeadKind.Mlp);
        model.Save(folder["saved"]);
        JsonNode saved = JsonNode.Parse(File.ReadAllText(folder["saved", "config.json"]))!;
        Assert.AreEqual("Qwen2ForRewardModel", (string?)saved["architectures"]![0]);
        Relabel(folder["saved"], folder["foreign"], name => name.Replace("score.2", second, StringComparison.Ordinal), _ => { });

        using RewardModel foreign = RewardModel.Load(folder["foreign"]);

        CollectionAssert.AreEqual(model.Score(Texts), foreign.Score(Texts));
        Assert.AreEqual(RewardHeadKind.Mlp, foreign.Head);
    }

    [TestMethod]
    [DataRow("InternLM2ForRewardModel", "internlm2", "InternLM")]
    [DataRow("LlamaForRewardModelWithGating", "llama", "gating")]
    [DataRow("Qwen2ForProcessRewardModel", "qwen2", "process reward model")]
    [DataRow("LlamaForTokenClassification", "llama", "every token")]
    [DataRow("BertForSequenceClassification", "bert", "not supported")]
    [DataRow("Qwen2ForRewardModel", "llama", "not supported")]
    public void Load_UnsupportedRewardModels_SayWhy(string architecture, string modelType, string expected)
    {
        JsonNode config = ServedFamilies.Family("llama")["config"]!.DeepClone();
        (config["architectures"], config["model_type"]) = (new JsonArray(architecture), modelType);

        string message = Assert.ThrowsExactly<RewardModelingException>(() => BackboneConfig.Parse(config.ToJsonString(), "config.json")).Message;

        StringAssert.Contains(message, expected);
        StringAssert.Contains(message, architecture);
    }

    [TestMethod]
    public void Load_TwoRewardHeads_NamesBoth()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create();
        model.Save(folder["saved"]);
        Relabel(folder["saved"], folder["foreign"], name => name, _ => { },
            [new SafetensorsSource("v_head.summary.weight", "F32", [1, 32], stream => stream.Write(new byte[128]))]);

        string message = Assert.ThrowsExactly<RewardModelingException>(() => RewardModel.Load(folder["foreign"])).Message;

        StringAssert.Contains(message, "v_head.summary");
        StringAssert.Contains(message, "score");
    }

    [TestMethod]
    public void Load_GatingTensorsOrTwoLabels_AreNamed()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create();
        model.Save(folder["saved"]);
        Relabel(folder["saved"], folder["foreign"], name => name == "score.weight" ? "" : name, _ => { },
        [
            new SafetensorsSource("score.weight", "F32", [5, 32], stream => stream.Write(new byte[640])),
            new SafetensorsSource("gating.layers.0.weight", "F32", [1], stream => stream.Write(new byte[4])),
        ]);

        string message = Assert.ThrowsExactly<RewardModelingException>(() => RewardModel.Load(folder["foreign"])).Message;

        StringAssert.Contains(message, "'score.weight' in model.safetensors has shape [5, 32], expected [1, 32]");
        StringAssert.Contains(message, "gating.layers.0.weight");
    }

    private static void Foreign(JsonObject config, string architecture)
    {
        config["architectures"] = new JsonArray(architecture);
        foreach (string key in (string[])["num_labels", "id2label", "label2id", "problem_type", "sentence_transformers"])
        {
            config.Remove(key);
        }
    }

    /// <summary>Copies a model directory under other tensor names; an empty name leaves the tensor out.</summary>
    private static void Relabel(string source, string target, Func<string, string> rename, Action<JsonObject> change, IReadOnlyList<SafetensorsSource>? more = null)
    {
        Directory.CreateDirectory(target);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "config.json")))!.AsObject();
        change(config);
        File.WriteAllText(Path.Combine(target, "config.json"), config.ToJsonString());
        using WeightsDirectory weights = WeightsDirectory.Open(source);
        SafetensorsWriter.Write(
            Path.Combine(target, "model.safetensors"),
            [
                .. weights.Tensors.Values.Where(tensor => rename(tensor.Name).Length > 0).Select(tensor => new SafetensorsSource(
                    rename(tensor.Name), tensor.Dtype, [.. tensor.Shape], stream => stream.Write(tensor.Bytes(0, (int)tensor.ByteLength)))),
                .. more ?? [],
            ]);
    }
}
