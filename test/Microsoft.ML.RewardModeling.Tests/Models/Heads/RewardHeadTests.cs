using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Heads;
using Microsoft.ML.RewardModeling.Native;
using Microsoft.ML.RewardModeling.Scoring;
using Microsoft.ML.RewardModeling.Tests.Training;
using Microsoft.ML.RewardModeling.Training;
using RewardModeling.Testing;
using TorchSharp;

namespace Microsoft.ML.RewardModeling.Tests.Models.Heads;

[TestClass]
public sealed class RewardHeadTests
{
    /// <summary>
    /// W1 = [[1, 2], [-1, 0]], b1 = [0.5, 1], w2 = [3, -2], b2 = 0.25. State (1, 1): W1 x + b1 = (3.5, 0), reward 10.5 + 0.25.
    /// State (-2, 0): (-1.5, 3), the ReLU takes the first, reward -6 + 0.25.
    /// </summary>
    [TestMethod]
    public void Forward_Mlp_EqualsHandDerivedRewards()
    {
        using ParameterStore parameters = SmallMlp();
        RewardHead head = new(new HeadPlan(RewardHeadKind.Mlp, true, 2), parameters);
        using torch.Tensor states = torch.tensor(new float[] { 1, 1, -2, 0 }, 2, 2);

        using torch.Tensor rewards = head.Forward(states);

        CollectionAssert.AreEqual(new[] { 10.75f, -5.75f }, rewards.data<float>().ToArray());
    }

    [TestMethod]
    public void Forward_Dropout_IsDrawnFromTheGeneratorAndKeepsTheMean()
    {
        using ParameterStore parameters = SmallMlp();
        RewardHead head = new(new HeadPlan(RewardHeadKind.Mlp, true, 2), parameters);
        using torch.Tensor states = torch.ones(20_000, 2);
        float[] Draw(ulong seed)
        {
            using torch.Generator generator = new(seed, torch.CPU);
            using torch.Tensor rewards = head.Forward(states, generator);
            return rewards.data<float>().ToArray();
        }

        float[] first = Draw(1);

        CollectionAssert.AreEqual(first, Draw(1));
        CollectionAssert.AreNotEqual(first, Draw(2));

        // The one active value is dropped (reward b2) with probability 0.1, else grows to 10.5 / 0.9.
        Assert.AreEqual(0.1, first.Count(reward => reward == 0.25f) / 20_000.0, 0.01);
        Assert.AreEqual(10.75, first.Average(), 0.1);
    }

    [TestMethod]
    public void Run_MlpHeadStoppedAndResumed_EndsWithTheSameBits()
    {
        using TemporaryFolder folder = new();
        TrainingOptions options = new() { BatchSize = 2, Epochs = 1, LearningRate = 1e-3, Objective = RewardObjective.BradleyTerry, Seed = 3 };
        var pairs = TrainingData.Pairs(8);
        using RewardModel whole = Mlp(), stopped = Mlp(), resumed = Mlp();
        TrainingRun.Run(whole, pairs, [], options);

        TrainingRun.Run(stopped, pairs, [], options with { MaxSteps = 2, CheckpointDirectory = folder.Path });
        TrainingRun.Run(resumed, pairs, [], options with { CheckpointDirectory = folder.Path, Resume = true });

        Assert.AreEqual(whole.Parameters.Hash(), resumed.Parameters.Hash());
        Assert.AreNotEqual(whole.Parameters.Hash(), stopped.Parameters.Hash());
    }

    [TestMethod]
    public void Export_MlpHead_AgreesWithTheModel()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = RewardModel.Load(TestData.Own("models", "rm-nano-base"), new RewardModelLoadOptions { Head = RewardHeadKind.Mlp, Seed = 2 });
        model.Save(folder["model"]);

        ExportManifest manifest = OnnxExporter.Export(folder["model"], folder["onnx"], new OnnxExportOptions { MaxLength = 64 });

        Assert.IsLessThan(1e-4, manifest.ParityMaxAbs);
        Assert.AreEqual("LlamaForRewardModel", manifest.Architecture);
    }

    private static RewardModel Mlp() => RewardModel.Create(TinyModels.Config(), seed: 8, RewardHeadKind.Mlp);

    private static ParameterStore SmallMlp()
    {
        TorchRuntime.EnsureLoaded();
        ParameterStore parameters = new(trainable: false);
        parameters.Add("score.0.weight", torch.tensor(new float[] { 1, 2, -1, 0 }, 2, 2));
        parameters.Add("score.0.bias", torch.tensor(new[] { 0.5f, 1 }));
        parameters.Add("score.2.weight", torch.tensor(new float[] { 3, -2 }, 1, 2));
        parameters.Add("score.2.bias", torch.tensor(new[] { 0.25f }));
        return parameters;
    }
}
