using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Export;
using Microsoft.ML.RewardModeling.Export.Onnx;
using Microsoft.ML.RewardModeling.Export.Quantization;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Families;
using Microsoft.ML.RewardModeling.Models.Plans;
using Microsoft.ML.RewardModeling.Models.Weights;
using Microsoft.ML.RewardModeling.Scoring;
using Microsoft.ML.RewardModeling.Tests.Models;
using Microsoft.ML.RewardModeling.Tests.Models.Families;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Export;

[TestClass]
public sealed class DecoderOnnxGraphTests
{
    [TestMethod]
    [DataRow(false, "F32", false, DisplayName = "fp32 inside the graph")]
    [DataRow(true, "F32", true, DisplayName = "biases, external data")]
    [DataRow(false, "BF16", false, DisplayName = "bf16 weights")]
    [DataRow(true, "F16", false, DisplayName = "fp16 weights, biases")]
    public void Build_TinyModel_AgreesWithAPlainForwardPass(bool bias, string dtype, bool external)
    {
        using var folder = new TemporaryFolder();
        TinyModel.Write(folder.Path, bias: bias, dtype: dtype);
        string path = Build(folder, external);
        Assert.AreEqual(external, new FileInfo(path).Length < 100_000, "weights are where they belong");

        var random = new Random(3);
        int[][] ids = [.. ((int[])[1, 2, 7, 64]).Select(n => Enumerable.Range(0, n).Select(_ => random.Next(TinyModel.Vocabulary)).ToArray())];
        using var session = new InferenceSession(path);
        using var plain = new PlainLlama(folder.Path);
        double[] expected = [.. ids.Select(plain.Reward)];
        Assert.IsTrue(expected.Max() - expected.Min() > 0.05, "the rewards differ enough to mean something");

        float[] padded = Run(session, ids);
        for (int i = 0; i < ids.Length; i++)
        {
            Assert.AreEqual(expected[i], padded[i], 2e-5, $"padded, {ids[i].Length} tokens");
            Assert.AreEqual(expected[i], Run(session, [ids[i]])[0], 2e-5, $"alone, {ids[i].Length} tokens");
        }
    }

    [TestMethod]
    public void Build_TinyModel_HasOnlyStandardOperators()
    {
        using var folder = new TemporaryFolder();
        TinyModel.Write(folder.Path);
        using FileStream stream = File.OpenRead(Build(folder, external: false));
        ModelProto model = ModelProto.Parser.ParseFrom(stream);

        CollectionAssert.AreEqual(new[] { ("", 23L) }, model.OpsetImport.Select(o => (o.Domain, o.Version)).ToArray());
        CollectionAssert.IsSubsetOf(
            model.Graph.Node.Select(n => n.OpType).Distinct().ToArray(),
            new[]
            {
                "Gather", "GatherND", "RMSNormalization", "RotaryEmbedding", "Attention", "MatMul", "Add", "Sub", "Mul", "Sigmoid", "Shape", "Squeeze", "Unsqueeze",
                "Range", "Expand", "GreaterOrEqual",
            });
        CollectionAssert.AreEqual(new[] { "input_ids", "lengths" }, model.Graph.Input.Select(i => i.Name).ToArray());
        CollectionAssert.AreEqual(new[] { "reward" }, model.Graph.Output.Select(o => o.Name).ToArray());
    }

    [TestMethod]
    public void Build_WeightsDoNotFitTheConfig_NamesAllOfThem()
    {
        using var folder = new TemporaryFolder();
        TinyModel.Write(folder.Path, bias: false);
        string config = File.ReadAllText(folder["config.json"]);
        File.WriteAllText(folder["config.json"], config.Replace("\"intermediate_size\":48", "\"intermediate_size\":50").Replace("\"attention_bias\":false", "\"attention_bias\":true"));

        string message = Assert.ThrowsExactly<RewardModelingException>(() => Build(folder, external: false)).Message;

        StringAssert.Contains(message, "'model.layers.{0-1}.mlp.up_proj.weight' in model.safetensors has shape [48, 32], expected [50, 32]");
        StringAssert.Contains(message, "'model.layers.{0-1}.self_attn.q_proj.bias' is missing");
    }

    [TestMethod]
    public void Transpose_OddSizes_SwapsRowsAndColumns()
    {
        float[] source = [.. Enumerable.Range(0, 35 * 67).Select(i => (float)i)];

        float[] result = ExportWeights.Transpose(source, 35, 67);

        for (int r = 0; r < 35; r++)
        {
            for (int c = 0; c < 67; c++)
            {
                Assert.AreEqual(source[(r * 67) + c], result[(c * 35) + r]);
            }
        }
    }

    [TestMethod]
    public void RotaryTable_SmallCase_EqualsHandDerivedValues()
    {
        // frequencies 1 and 100^(-1/2) = 0.1
        float[] cos = OnnxPlaces.RotaryTable(new RopePlan(4, 100), 3, 0, Math.Cos), sin = OnnxPlaces.RotaryTable(new RopePlan(4, 100), 3, 0, Math.Sin);

        Assert.AreEqual(1f, cos[0]);
        Assert.AreEqual(Math.Cos(1), cos[2], 1e-7);
        Assert.AreEqual(Math.Sin(0.2), sin[5], 1e-7);
    }

    public static IEnumerable<object[]> Families => FamilyCases.All.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Families))]
    public void Build_EveryFamily_AgreesWithTheTrainedModel(string name)
    {
        using var folder = new TemporaryFolder();
        using var family = new FamilyModel(name);
        family.Model.Save(folder.Path);
        int[][] ids = [.. ((int[])[1, 7, 64, 300]).Select(n => TinyModels.Ids(n, n))];
        using var session = new InferenceSession(Build(folder, external: false, MaxLength));

        float[] padded = Run(session, ids);

        float[] expected = family.Model.Score(ids);
        Assert.IsGreaterThan(0.01f, expected.Max() - expected.Min(), "the rewards differ enough to mean something");
        for (int i = 0; i < ids.Length; i++)
        {
            Assert.AreEqual(expected[i], padded[i], 1e-4f, $"padded, {ids[i].Length} tokens");
            Assert.AreEqual(expected[i], Run(session, [ids[i]])[0], 1e-4f, $"alone, {ids[i].Length} tokens");
        }

        Console.WriteLine($"largest difference {expected.Zip(padded, (a, b) => Math.Abs(a - b)).Max():E1}");
    }

    [TestMethod]
    [DynamicData(nameof(Families))]
    public void Build_AttentionInBlocks_GivesTheSameRewards(string name)
    {
        using var folder = new TemporaryFolder();
        using var family = new FamilyModel(name);
        family.Model.Save(folder.Path);
        DecoderPlan plan = SupportedFamilies.Plan(BackboneConfig.Load(folder.Path));
        int[][] ids = [.. ((int[])[1, 4, 127, 128, 300]).Select(n => TinyModels.Ids(n, n))];
        float[] expected = family.Model.Score(ids);
        foreach (GraphForm form in (GraphForm[])[GraphForm.Whole, GraphForm.Fused])
        {
            string path = Build(folder, external: false, MaxLength, form, blocks: 5);
            int divided = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path)).Graph.Node.Count(node => node.OpType == "If");
            Assert.AreEqual(OnnxAttention.CanDivide(plan, form, MaxLength), divided > 0, $"{form}: {divided} of {plan.Layers.Count} layers");
            using var session = new InferenceSession(path);
            float[] padded = Run(session, ids);
            for (int i = 0; i < ids.Length; i++)
            {
                Assert.AreEqual(expected[i], padded[i], 1e-4f, $"{form}, padded, {ids[i].Length} tokens");
                Assert.AreEqual(expected[i], Run(session, [ids[i]])[0], 1e-4f, $"{form}, alone, {ids[i].Length} tokens");
            }
        }
    }

    [TestMethod]
    public void CanDivide_PlainCausalAttention_IsTrueWithoutSoftCap()
    {
        using var folder = new TemporaryFolder();
        TinyModel.Write(folder.Path);
        DecoderPlan plan = SupportedFamilies.Plan(BackboneConfig.Load(folder.Path));

        Assert.IsTrue(OnnxAttention.CanDivide(plan, GraphForm.Whole, MaxLength));
        Assert.IsTrue(OnnxAttention.CanDivide(plan, GraphForm.Continuing, MaxLength));
        Assert.IsFalse(OnnxAttention.CanDivide(plan with { AttentionSoftcap = 30 }, GraphForm.Whole, MaxLength));
    }

    [TestMethod]
    [DynamicData(nameof(Families))]
    public void Build_ContinuingForm_GivesTheSameRewardsInSteps(string name)
    {
        using var folder = new TemporaryFolder();
        using var family = new FamilyModel(name);
        family.Model.Save(folder.Path);
        DecoderPlan plan = SupportedFamilies.Plan(BackboneConfig.Load(folder.Path));
        bool dependsOnLength = name == "phi3 longrope, window";
        Assert.AreEqual(!dependsOnLength, DecoderOnnxGraph.CanContinue(plan, MaxLength));
        if (dependsOnLength)
        {
            return;
        }

        foreach (GraphForm form in (GraphForm[])[GraphForm.Continuing, GraphForm.Continuing | GraphForm.Fused])
        {
            File.Delete(folder["model.onnx.data"]);
            Check(form, Path.GetFileName(Build(folder, external: true, MaxLength, form, blocks: 3)));
        }

        void Check(GraphForm form, string file)
        {
            using var runner = new PrefixRunner(folder.Path, file, new ExportPrefixGraph { File = file, Layers = plan.Layers.Count, KeyValueHeads = plan.KeyValueHeads, HeadDim = plan.HeadDim });
            foreach ((int length, int split) in ((int, int)[])[(1, 0), (7, 0), (7, 6), (64, 1), (300, 0), (300, 10), (300, 255)])
            {
                int[] ids = TinyModels.Ids(length, length);
                Assert.AreEqual(family.Model.Score([ids])[0], runner.Score(ids, split), 1e-4f, $"{form}: {length} tokens, {split} before");
            }
        }
    }

    [TestMethod]
    public void Build_DynamicRopeBeyondItsPositions_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var family = new FamilyModel("llama dynamic");
        family.Model.Save(folder.Path);

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => Build(folder, external: false, maxLength: 513)).Message, "dynamic");
    }

    // No case of a dynamic embedding is stretched within it, one of longrope is.
    private const int MaxLength = 512;

    private static string Build(TemporaryFolder folder, bool external, int maxLength = 128, GraphForm form = GraphForm.Whole, int blocks = 1)
    {
        string path = folder["model.onnx"];
        DecoderPlan plan = SupportedFamilies.Plan(BackboneConfig.Load(folder.Path));
        using WeightsDirectory files = WeightsDirectory.Open(folder.Path);
        using ExternalData? data = external ? new ExternalData(folder["model.onnx.data"]) : null;
        var graph = new OnnxGraphBuilder("test", data);
        var weights = new ExportWeights(BackboneConfig.Load(folder.Path), plan, files);
        DecoderOnnxGraph.Build(new GraphRecipe(plan, weights, [weights], maxLength, form, QuantizationPlan.None, blocks), graph, CancellationToken.None);
        var model = new ModelProto { IrVersion = DecoderOnnxGraph.IrVersion, Graph = graph.Graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = DecoderOnnxGraph.Opset });
        model.OpsetImport.Add(graph.ContributedOperators.Select(_ => new OperatorSetIdProto { Domain = OnnxGraphBuilder.ContributedDomain, Version = 1 }).Take(1));
        File.WriteAllBytes(path, model.ToByteArray());
        return path;
    }

    private static float[] Run(InferenceSession session, int[][] ids)
    {
        int length = ids.Max(r => r.Length);
        // Padding is a real, changing token: the graph must not see it at all.
        long[] padded = [.. ids.SelectMany(r => r.Select(id => (long)id).Concat(Enumerable.Range(5, length - r.Length).Select(i => (long)i % 40)))];
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(padded, [ids.Length, length]);
        using OrtValue lengths = OrtValue.CreateTensorValueFromMemory(ids.Select(r => (long)r.Length).ToArray(), [ids.Length]);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, ["input_ids", "lengths"], [input, lengths], ["reward"]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
