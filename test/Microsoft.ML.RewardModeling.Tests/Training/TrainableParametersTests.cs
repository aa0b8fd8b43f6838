using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Layers;
using Microsoft.ML.RewardModeling.Models.Weights;
using Microsoft.ML.RewardModeling.Tests.Models;
using Microsoft.ML.RewardModeling.Training;
using RewardModeling.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Training;

[TestClass]
public sealed class TrainableParametersTests
{
    private static readonly TrainingOptions Lora = new()
    {
        SftWeight = 0.5, KlWeight = 0.5, KlTopK = 8, BatchSize = 2, GradientAccumulation = 2, Epochs = 8, LearningRate = 3e-3, Seed = 5, MarginScale = 0.3,
        Lora = new LoraOptions { Rank = 2, Alpha = 4, Dropout = 0.2 },
    };

    [TestMethod]
    public void Run_WithLora_MergesTheChangesAndLeavesTheRest()
    {
        using TemporaryFolder folder = new();
        using RewardModel model = TinyModels.Create(), before = TinyModels.Create();

        TrainingRun.Run(model, TrainingData.Pairs(8), [], Lora with { AdapterDirectory = folder["adapter"], BackboneName = "models/base" });

        string[] changed = [.. model.Parameters.Items.Where(item => !Same(item.Value, before.Parameters[item.Key])).Select(item => item.Key)];
        CollectionAssert.AreEquivalent(model.Network.Projections.Keys.Select(name => name + ".weight").Append("score.weight").ToArray(), changed);
        Assert.IsTrue(model.Parameters.Items.All(item => item.Value.requires_grad));
        Assert.IsTrue(model.Network.Projections.Values.All(projection => projection.Adapter is null));

        // What was merged is what PEFT would add: W + alpha / r B A.
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder["adapter"], "adapter_model.safetensors"));
        const string Name = "model.layers.1.mlp.down_proj";
        using DisposeScope scope = NewDisposeScope();
        Tensor change = Read(file, $"base_model.model.{Name}.lora_B.weight").matmul(Read(file, $"base_model.model.{Name}.lora_A.weight")) * 2;
        Tensor expected = before.Parameters[$"{Name}.weight"].detach() + change;
        Assert.IsLessThan(1e-6f, (expected - model.Parameters[$"{Name}.weight"].detach()).abs().max().item<float>());
        Assert.IsTrue(Same(Read(file, "base_model.model.score.weight"), model.Parameters["score.weight"]));
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder["adapter"], "adapter_config.json")))!;
        Assert.AreEqual("LORA", (string)config["peft_type"]!);
        Assert.AreEqual("SEQ_CLS", (string)config["task_type"]!);
        Assert.AreEqual("models/base", (string)config["base_model_name_or_path"]!);
        CollectionAssert.Contains(config["target_modules"]!.AsArray().Select(item => (string)item!).ToArray(), "down_proj");
    }

    [TestMethod]
    public void Run_WithLora_LearnsEightPairs()
    {
        using RewardModel model = TinyModels.Create();
        TokenizedPair[] pairs = TrainingData.Pairs(8);

        TrainingSummary summary = TrainingRun.Run(
            model, pairs, pairs, new TrainingOptions { Epochs = 80, LearningRate = 1e-2, WeightDecay = 0, Lora = new LoraOptions { Rank = 4 } });

        Assert.AreEqual(1.0, summary.ValidationAccuracy);
    }

    [TestMethod]
    [DataRow(RewardHeadKind.Linear, StoragePrecision.Float32, StoragePrecision.Float32)]
    [DataRow(RewardHeadKind.Mlp, StoragePrecision.BFloat16, StoragePrecision.BFloat16)]
    public void Run_LoraTwentySteps_EqualSevenThenAKillThenThirteenToTheBit(RewardHeadKind head, StoragePrecision moments, StoragePrecision weights)
    {
        using TemporaryFolder folder = new();
        TokenizedPair[] pairs = TrainingData.Pairs(10);
        TrainingOptions plain = Lora with { MaxSteps = 20, GradientCheckpointing = true, OptimizerState = moments, Weights = weights };
        TrainingOptions options = plain with { CheckpointDirectory = folder["checkpoints"], CheckpointEverySteps = 7 };
        using RewardModel whole = TinyModels.Create(head: head), killed = TinyModels.Create(head: head), resumed = TinyModels.Create(head: head);
        TrainingSummary expected = TrainingRun.Run(whole, pairs, [], plain);
        Assert.ThrowsExactly<InvalidTimeZoneException>(() => TrainingRun.Run(
            killed, pairs, [], options, new Callback(step => { if (step.Step == 9) { throw new InvalidTimeZoneException(); } })));
        foreach (string later in Directory.GetDirectories(folder["checkpoints"]).Where(path => !path.EndsWith("07", StringComparison.Ordinal)))
        {
            Directory.Delete(later, true);
        }

        TrainingSummary summary = TrainingRun.Run(resumed, pairs, [], options with { Resume = true });

        CollectionAssert.AreEqual(expected.Curve.Select(step => step.Loss).ToArray(), summary.Curve.Select(step => step.Loss).ToArray());
        Assert.IsTrue(whole.Parameters.Items.All(item => Same(item.Value, resumed.Parameters[item.Key])));
        long size = new FileInfo(Path.Combine(CheckpointFolder.Newest(folder["checkpoints"])!, "training.safetensors")).Length;
        Assert.IsLessThan((whole.ParameterCount * 4 * 2) + (head == RewardHeadKind.Mlp ? 12 * 34 * 1024 : 0), size, "a checkpoint of adapters holds no copy of the backbone");
    }

    [TestMethod]
    public void Run_Frozen_LeavesEmbeddingsAndLowerLayers()
    {
        using RewardModel model = TinyModels.Create(), before = TinyModels.Create();

        TrainingRun.Run(model, TrainingData.Pairs(6), [], new TrainingOptions { FreezeEmbeddings = true, FreezeLayers = 1, LearningRate = 1e-2 });

        foreach ((string name, Tensor tensor) in model.Parameters.Items)
        {
            bool frozen = name.Contains("embed_tokens", StringComparison.Ordinal) || name.Contains("layers.0.", StringComparison.Ordinal);
            Assert.AreEqual(frozen, Same(tensor, before.Parameters[name]), name);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Run_GradientCheckpointing_GivesTheSameWeights(bool lora)
    {
        TrainingOptions options = lora ? Lora with { Epochs = 2 } : Lora with { Lora = null, Epochs = 2 };
        using RewardModel plain = TinyModels.Create(), recomputed = TinyModels.Create();

        TrainingRun.Run(plain, TrainingData.Pairs(8), [], options);
        TrainingRun.Run(recomputed, TrainingData.Pairs(8), [], options with { GradientCheckpointing = true });

        foreach ((string name, Tensor tensor) in plain.Parameters.Items)
        {
            using Tensor difference = (tensor.detach() - recomputed.Parameters[name].detach()).abs().max();
            Assert.IsLessThan(1e-6f, difference.item<float>(), name);
        }
    }

    [TestMethod]
    public void Run_LoraWithCheckpointing_LeavesNoTensorBehind()
    {
        using RewardModel model = TinyModels.Create();
        List<long> live = [];

        TrainingRun.Run(
            model, TrainingData.Pairs(8), TrainingData.Pairs(4, seed: 2), Lora with { GradientCheckpointing = true },
            new Callback(_ => live.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount)));

        Assert.AreEqual(live[2], live[^1]);
    }

    [TestMethod]
    public void Of_UnknownTarget_NamesWhatThereIs()
    {
        using RewardModel model = TinyModels.Create();

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(
            () => TrainableParameters.Of(model, new TrainingOptions { Lora = new LoraOptions { Targets = ["q_proj", "wrong"] } }));

        StringAssert.Contains(error.Message, "wrong");
        StringAssert.Contains(error.Message, "down_proj");
        Assert.IsTrue(model.Parameters.Items.All(item => item.Value.requires_grad));
    }

    [TestMethod]
    public void Forward_AdapterFiniteDifferences_EqualGradient()
    {
        double[] down = [0.3, -0.2, 0.5, 0.1, -0.4, 0.2], up = [0.7, -0.1, 0.2, 0.6];
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(new[] { 1.0, -0.5, 0.25, 0.5, 2, -1 }).reshape(2, 3);
        DropoutDraw draw = new(3);
        draw.MoveTo(1, 0);
        Tensor Value(Tensor a, Tensor b) => new LoraAdapter(a, b, 1.5, 0.3, draw, 0).Forward(x).square().sum();

        Losses.GradientCheck.Check(a => Value(a, tensor(up).reshape(2, 2)), down, 2, 3);
        Losses.GradientCheck.Check(b => Value(tensor(down).reshape(2, 3), b), up, 2, 2);
    }

    [TestMethod]
    public void ThrowUnlessItFits_TooLittleMemory_SaysWhatTakesItAndWhatToDo()
    {
        using RewardModel model = TinyModels.Create();

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(
            () => TrainingRun.Run(model, TrainingData.Pairs(6), [], new TrainingOptions { MemoryLimitBytes = 1 << 20 }));

        foreach (string part in (string[])["0.0 GB can be had", "weights", "activations", "LoRA", "gradient checkpointing", "smaller batch"])
        {
            StringAssert.Contains(error.Message, part);
        }
    }

    [TestMethod]
    public void Of_LongItemsInDifferentBatches_CountsTheLargestBatchThatTheRunTakes()
    {
        using RewardModel model = TinyModels.Create();
        int[] lengths = [.. Enumerable.Range(0, 64).Select(i => i < 8 ? 400 : 40)];
        MemoryEstimate Of(TrainingOptions options) => MemoryEstimate.Of(model.Plan, model.ParameterCount, model.ParameterCount, lengths, options);
        TrainingOptions shuffled = new() { BatchSize = 8, Seed = 3 };
        long largest = EpochOrder.Batches(lengths, 8, 3, 0).Max(batch => batch.Sum(item => (long)lengths[item]));
        Assert.IsLessThan(8 * 400, largest);

        double perToken = Of(shuffled).Activations / (double)largest;

        Assert.AreEqual(perToken, Of(shuffled with { TokenBudget = 400 }).Activations / 400.0, 0.1);
        Assert.AreEqual(perToken, Of(shuffled with { BatchSize = 64 }).Activations / (double)lengths.Sum(), 0.1);
    }

    private static bool Same(Tensor a, Tensor b) => a.data<float>().ToArray().AsSpan().SequenceEqual(b.data<float>().ToArray());

    private static Tensor Read(SafetensorsFile file, string name)
    {
        Assert.IsTrue(file.TryGet(name, out SafetensorsTensor? source), name);
        float[] values = new float[source!.Shape.Aggregate(1L, (a, b) => a * b)];
        source.ReadSingles(0, values);
        return tensor(values).reshape([.. source.Shape]);
    }

    private sealed class Callback(Action<StepMetrics> report) : IProgress<StepMetrics>
    {
        public void Report(StepMetrics value) => report(value);
    }
}
