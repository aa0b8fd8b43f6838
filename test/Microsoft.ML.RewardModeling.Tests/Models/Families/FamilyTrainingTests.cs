using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Scoring;
using Microsoft.ML.RewardModeling.Tests.RewardModelTrainer;
using Microsoft.ML.RewardModeling.Tests.Training;
using Microsoft.ML.RewardModeling.Training;
using RewardModeling.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Models.Families;

/// <summary>Every family can be trained, saved and read back.</summary>
[TestClass]
public sealed class FamilyTrainingTests
{
    private static readonly TrainingOptions Options = new() { SftWeight = 0.5 };

    public static IEnumerable<object[]> Cases => FamilyCases.All.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Take_SomeSteps_LowersTheLossAndMovesEveryTensor(string name)
    {
        using FamilyModel family = new(name);
        TokenizedPair[] pairs = TrainingData.Pairs(6);
        PreferenceBatch batch = PreferenceBatch.Create(pairs, [.. Enumerable.Range(0, pairs.Length)], withTeacher: true);
        Dictionary<string, float[]> before = Values(family.Model);
        using AdamW optimizer = new(family.Model.Parameters, 0);

        double[] losses = [.. Enumerable.Range(0, 8).Select(_ =>
        {
            TrainingStep step = TrainingStep.Take(family.Model, optimizer, [batch], Options, null, 2e-3);
            return step.Rank + (Options.SftWeight * step.Sft);
        })];

        Assert.IsLessThan(losses[0], losses[^1], string.Join(", ", losses));
        foreach ((string tensor, float[] values) in Values(family.Model))
        {
            Assert.IsFalse(values.SequenceEqual(before[tensor]), $"{tensor} did not move");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Save_ThenLoad_GivesTheSameBitsUnderTheSameNames(string name)
    {
        using FamilyModel family = new(name);
        using TemporaryFolder folder = new();
        int[][] texts = [TinyModels.Ids(1, 9), TinyModels.Ids(2, 70)];

        family.Model.Save(folder["model"]);

        using RewardModel loaded = RewardModel.Load(folder["model"]);
        CollectionAssert.AreEqual(family.Model.Score(texts), loaded.Score(texts));
        CollectionAssert.AreEqual(family.Model.Logits(texts[1]), loaded.Logits(texts[1]));
        Assert.IsTrue(loaded.Config.IsSequenceClassifier);
        CollectionAssert.AreEqual(
            family.Tensors.Names.Append("score.weight").Order(StringComparer.Ordinal).ToArray(),
            loaded.Parameters.Items.Select(item => item.Key).Order(StringComparer.Ordinal).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Create_FromTheConfigurationAlone_GivesFiniteScores(string name)
    {
        using RewardModel model = RewardModel.Create(BackboneConfig.Parse(FamilyCases.Config(name).ToJsonString(), name), seed: 1);

        Assert.IsTrue(float.IsFinite(model.Score([TinyModels.Ids(1, 30)])[0]));
    }

    [TestMethod]
    [DataRow("qwen2 tied")]
    [DataRow("gemma2")]
    public void Fit_FromADirectory_TrainsExportsAndScores(string name)
    {
        using FamilyModel family = new(name, vocabulary: 4096);
        using TemporaryFolder folder = new();
        foreach (string file in (string[])["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"])
        {
            File.Copy(TestData.Own("models", "rm-nano-base", file), Path.Combine(family.Folder, file));
        }

        MLContext ml = new(1);
        using RewardModelTransformer model = ml.RewardModeling.Trainers.RewardModel(new RewardModelTrainerOptions
        {
            Backbone = family.Folder, MaxLength = 128, GenerativeWeight = 0.1f, BatchSize = 4, OutputDirectory = folder["model"],
        }).Fit(ml.RewardModeling.LoadPairs(TestPairs.All));

        ExportManifest manifest = OnnxExporter.Export(folder["model"], folder["onnx"]);

        Assert.IsLessThan(1e-4, manifest.ParityMaxAbs);
        StringAssert.EndsWith(manifest.Architecture, "ForSequenceClassification");
    }

    private static Dictionary<string, float[]> Values(RewardModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        return model.Parameters.Items.ToDictionary(item => item.Key, item => item.Value.detach().data<float>().ToArray());
    }
}
