using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Export;

[TestClass]
public sealed class OnnxExporterTests
{
    [TestMethod]
    [DataRow(false, DisplayName = "inside model.onnx")]
    [DataRow(true, DisplayName = "in model.onnx.data")]
    public void Export_TinyModel_PassesParityAndDescribesItself(bool external)
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"], dtype: "BF16");
        var options = new OnnxExportOptions { ExternalDataThreshold = external ? 1000 : 1_500_000_000, PromptSharing = false };

        ExportManifest manifest = OnnxExporter.Export(model, folder["onnx"], options);

        Assert.AreEqual(external, File.Exists(folder["onnx", "model.onnx.data"]));
        Assert.IsTrue(manifest.ParityMaxAbs <= 1e-4);
        Assert.IsTrue(manifest.ParityTexts >= 4);
        Assert.AreEqual((23, "fp32", "LlamaForSequenceClassification", 4096, 256), (manifest.Opset, manifest.Precision, manifest.Architecture, manifest.VocabularySize, manifest.MaxLength));
        Assert.AreEqual(ExportManifest.Load(folder["onnx"]), manifest);
        Assert.IsTrue(File.Exists(folder["onnx", "tokenizer.json"]));
        Assert.AreEqual(0, Directory.GetDirectories(folder["onnx"]).Length, "no staging folder stays");
        using var session = new InferenceSession(folder["onnx", "model.onnx"]);
        Assert.AreEqual(manifest.ModelSha256, session.ModelMetadata.CustomMetadataMap["model_sha256"]);
    }

    [TestMethod]
    [DataRow("fp32", 4.0, 1e-5)]
    [DataRow("fp16", 2.0, 0.02)]
    [DataRow("bf16", 2.0, 0.1)]
    [DataRow("int8", 1.1, 0.1)]
    public void Export_EveryPrecision_StoresWeightsOnceInItsTypeAndStaysClose(string precision, double bytesPerWeight, double tolerance)
    {
        using var folder = new TemporaryFolder();
        using (RewardModel model = RewardModel.Load(TestData.Own("models", "rm-nano-base"), new RewardModelLoadOptions { Seed = 5 }))
        {
            model.Save(folder["model"]);
        }

        ExportManifest manifest = OnnxExporter.Export(folder["model"], folder["onnx"], new OnnxExportOptions { Precision = precision, MaxLength = 256 });

        long weights = new FileInfo(folder["model", "model.safetensors"]).Length / 4;
        long bytes = Directory.GetFiles(folder["onnx"], "*.onnx*").Sum(file => new FileInfo(file).Length);
        Console.WriteLine($"{precision}: {bytes} bytes for {weights} weights, largest difference {manifest.ParityMaxAbs}, rank correlation {manifest.RankCorrelation}");
        Assert.AreEqual(manifest.Bytes, bytes);
        Assert.IsLessThan((weights * bytesPerWeight) + 600_000, bytes, "two graphs, one copy of the weights");
        Assert.IsTrue(manifest.ParityMaxAbs <= tolerance);
        Assert.IsGreaterThan(0.99, manifest.RankCorrelation!.Value);
        Assert.IsTrue(manifest.PrefixGraph!.MaxAbs <= 1e-5, "in two steps");
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(folder["onnx", manifest.PrefixGraph.File]))), manifest.PrefixGraph.Sha256);
        using var session = new InferenceSession(folder["onnx", "model.prefix.onnx"]);
        Assert.AreEqual(precision, session.ModelMetadata.CustomMetadataMap["precision"]);
    }

    [TestMethod]
    public void Export_Pairs_TellsHowAccuracyAndOrderChange()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        PreferencePair[] pairs = [.. Enumerable.Range(0, 8).Select(i => new PreferencePair
        {
            Id = $"{i}", Prompt = $"Question {i * 31}?", Chosen = $"Answer {i * 17} of many.", Rejected = $"No {i}.",
        })];

        ExportManifest manifest = OnnxExporter.Export(model, folder["onnx"], new OnnxExportOptions { ParityPairs = pairs });

        Assert.AreEqual((16, 0.0, 1.0), (manifest.ParityTexts, manifest.AccuracyChange, Math.Round(manifest.RankCorrelation!.Value, 3)));
    }

    [TestMethod]
    [DataRow("int8", 1.1, 0.15)]
    [DataRow("int4", 0.95, 0.4)]
    public void Export_CalibratedWithAnUntrainedHead_ChoosesRoundingsAndStaysClose(string precision, double bytesPerWeight, double error)
    {
        using var folder = new TemporaryFolder();
        using (RewardModel model = RewardModel.Load(TestData.Own("models", "rm-nano-base"), new RewardModelLoadOptions { Seed = 5 }))
        {
            model.Save(folder["model"]);
        }

        PreferencePair[] pairs = [.. PairFile.Read(TestData.Own("first-party", "part1.jsonl")).Take(24)];

        ExportManifest manifest = OnnxExporter.Export(folder["model"], folder["onnx"], new OnnxExportOptions
        {
            Precision = precision, MaxLength = 256, CalibrationPairs = pairs[..12], CalibrationGoal = 0.1, ParityPairs = pairs[12..], Optimize = true, MinRankCorrelation = 0.9,
        });

        long weights = new FileInfo(folder["model", "model.safetensors"]).Length / 4;
        ExportQuantization quantization = manifest.Quantization!;
        Console.WriteLine($"{precision}: {manifest.Bytes} bytes, relative error {manifest.RelativeError}, rank correlation {manifest.RankCorrelation}, in steps {manifest.PrefixGraph!.MaxAbs}, {quantization}");
        Assert.AreEqual((24, 35), (quantization.CalibrationTexts, quantization.IntegerProjections + quantization.BlockProjections + quantization.StoredProjections));
        Assert.IsGreaterThan(15, precision == "int8" ? quantization.IntegerProjections : quantization.BlockProjections);
        Assert.IsLessThan((weights * bytesPerWeight) + 500_000, manifest.Bytes, "three graphs, one copy of the weights");
        Assert.IsLessThan(error, manifest.RelativeError!.Value);
        Assert.IsLessThan(0.02, manifest.PrefixGraph.MaxAbs);
        Assert.AreEqual("GroupQueryAttention SkipSimplifiedLayerNormalization", string.Join(' ', manifest.OptimizedGraph!.Operators));
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(folder["onnx", manifest.OptimizedGraph.File]))), manifest.OptimizedGraph.Sha256);
    }

    [TestMethod]
    public void Export_Ensemble_GivesMeanAndSpreadOfItsHeads()
    {
        using var folder = new TemporaryFolder();
        string[] models = [.. Enumerable.Range(0, 3).Select(i => TinyModel.Write(folder[$"model{i}"], change: (name, values) => values[0] += name == "score.weight" ? i : 0))];

        ExportManifest manifest = OnnxExporter.Export(models[0], folder["onnx"], new OnnxExportOptions { Ensemble = models[1..], Optimize = true });

        Assert.AreEqual(3, manifest.Heads);
        Assert.IsLessThan(1e-5, manifest.ParityMaxAbs);
        int[] ids = [1, 40, 300, 7];
        double[] rewards = [.. models.Select(path =>
        {
            using RewardModel model = RewardModel.Load(path);
            return (double)model.Score([ids])[0];
        })];
        using var session = new InferenceSession(folder["onnx", "model.onnx"]);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(ids, id => (long)id), [1, 4]);
        using OrtValue lengths = OrtValue.CreateTensorValueFromMemory([4L], [1]);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, ["input_ids", "lengths"], [input, lengths], ["reward", "reward_std"]);
        double mean = rewards.Average();
        Assert.AreEqual(mean, outputs[0].GetTensorDataAsSpan<float>()[0], 1e-5);
        Assert.AreEqual(Math.Sqrt(rewards.Average(reward => (reward - mean) * (reward - mean))), outputs[1].GetTensorDataAsSpan<float>()[0], 1e-5);
        Assert.IsGreaterThan(0.1, rewards.Max() - rewards.Min(), "the heads differ enough to mean something");
    }

    [TestMethod]
    public void Export_EnsembleOfDifferentBackbones_NamesTheTensor()
    {
        using var folder = new TemporaryFolder();
        string first = TinyModel.Write(folder["first"]);
        string other = TinyModel.Write(folder["other"], change: (name, values) => values[3] += name == "model.layers.1.mlp.up_proj.weight" ? 1 : 0);

        string message = Assert.ThrowsExactly<RewardModelingException>(() => OnnxExporter.Export(first, folder["onnx"], new OnnxExportOptions { Ensemble = [other] })).Message;

        StringAssert.Contains(message, "'model.layers.1.mlp.up_proj.weight' has other values");
        Assert.IsFalse(Directory.Exists(folder["onnx"]));
    }

    [TestMethod]
    public void Export_LowerPrecisionOrdersDifferently_FailsAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        float[] unrelated = [.. Enumerable.Range(0, 100).Select(i => (i * 37 % 100) / 1000f)];

        string message = Assert.ThrowsExactly<RewardModelingException>(() => OnnxExporter.Export(
            model, folder["onnx"], new OnnxExportOptions { Precision = "fp16", ParityTolerance = 100 }, ids => unrelated[..ids.Count], CancellationToken.None)).Message;

        StringAssert.Contains(message, "orders answers differently");
        Assert.IsFalse(Directory.Exists(folder["onnx"]));
    }

    [TestMethod]
    public void Export_MlpHead_AgreesWithTheTrainedModel()
    {
        using var folder = new TemporaryFolder();
        using (RewardModel model = RewardModel.Load(TinyModel.Write(folder["base"], classifier: false), new RewardModelLoadOptions { Head = RewardHeadKind.Mlp, Seed = 3 }))
        {
            model.Save(folder["model"]);
        }

        ExportManifest manifest = OnnxExporter.Export(folder["model"], folder["onnx"]);

        Assert.IsTrue(manifest.ParityMaxAbs <= 1e-5);
        Assert.IsTrue(manifest.PrefixGraph!.MaxAbs <= 1e-5);
    }

    [TestMethod]
    public void Export_RealBackboneWithAFreshHead_AgreesUpToItsMaximumLength()
    {
        using var folder = new TemporaryFolder();
        using (RewardModel model = RewardModel.Load(TestData.Own("models", "rm-nano-base"), new RewardModelLoadOptions { Seed = 5 }))
        {
            model.Save(folder["model"]);
        }

        ExportManifest manifest = OnnxExporter.Export(folder["model"], folder["onnx"]);

        Console.WriteLine($"largest difference {manifest.ParityMaxAbs}, {manifest.Bytes} bytes");
        Assert.AreEqual(1024, manifest.MaxLength);
        Assert.IsTrue(manifest.ParityMaxAbs is > 0 and <= 1e-4);
    }

    [TestMethod]
    public void Export_OneWeightDiffersFromTheTrainedModel_FailsAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using RewardModel trained = RewardModel.Load(TinyModel.Write(folder["trained"]));
        string sabotaged = TinyModel.Write(folder["sabotaged"], change: (name, values) =>
        {
            if (name == "model.layers.1.mlp.down_proj.weight")
            {
                values[5] += 0.5f;
            }
        });

        string message = Assert.ThrowsExactly<RewardModelingException>(
            () => OnnxExporter.Export(sabotaged, folder["onnx"], new OnnxExportOptions(), ids => trained.Score(ids), CancellationToken.None)).Message;

        StringAssert.Contains(message, "does not agree");
        Assert.IsFalse(Directory.Exists(folder["onnx"]));
    }

    [TestMethod]
    public void Export_FailsOverAnEarlierExport_KeepsTheEarlierOne()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        OnnxExporter.Export(model, folder["onnx"]);
        byte[] before = File.ReadAllBytes(folder["onnx", "export.json"]);

        Assert.ThrowsExactly<RewardModelingException>(
            () => OnnxExporter.Export(model, folder["onnx"], new OnnxExportOptions(), ids => new float[ids.Count], CancellationToken.None));
        CollectionAssert.AreEqual(before, File.ReadAllBytes(folder["onnx", "export.json"]));

        // And a later export with its weights inside removes the data file of one with weights outside.
        OnnxExporter.Export(model, folder["onnx"], new OnnxExportOptions { PromptSharing = false });
        Assert.IsFalse(File.Exists(folder["onnx", "model.onnx.data"]));
        Assert.IsFalse(File.Exists(folder["onnx", "model.prefix.onnx"]));
        OnnxRewardScorer.Load(folder["onnx"]).Dispose();
    }

    [TestMethod]
    public void Export_WeightIsNaN_FailsAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"], change: (name, values) => values[0] = name == "model.norm.weight" ? float.NaN : values[0]);

        Assert.ThrowsExactly<RewardModelingException>(() => OnnxExporter.Export(model, folder["onnx"]));
        Assert.IsFalse(Directory.Exists(folder["onnx"]));
    }

    [TestMethod]
    public void Export_GivenTextsAndMaxLength_AreUsed()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);

        ExportManifest manifest = OnnxExporter.Export(model, folder["onnx"], new OnnxExportOptions { ParityTexts = ["One.", "Two words."], MaxLength = 64 });

        Assert.AreEqual((2, 64), (manifest.ParityTexts, manifest.MaxLength));
    }

    [TestMethod]
    public void Export_LanguageModelOrUnfitTokenizerOrMissingTensor_SaysSo()
    {
        using var folder = new TemporaryFolder();
        StringAssert.Contains(Fails(TinyModel.Write(folder["lm"], classifier: false)), "no reward head");
        StringAssert.Contains(Fails(TinyModel.Write(folder["small"], vocabulary: 100)), "100 rows");
        string noHead = TinyModel.Write(folder["nohead"], classifier: false);
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(noHead, "config.json")))!.AsObject();
        config["architectures"] = new JsonArray("LlamaForSequenceClassification");
        File.WriteAllText(Path.Combine(noHead, "config.json"), config.ToJsonString());
        StringAssert.Contains(Fails(noHead), "score.weight");

        string Fails(string model)
        {
            string message = Assert.ThrowsExactly<RewardModelingException>(() => OnnxExporter.Export(model, folder["onnx"])).Message;
            Assert.IsFalse(Directory.Exists(folder["onnx"]));
            return message;
        }
    }

    [TestMethod]
    public void Export_BadOptions_NamesThemAll()
    {
        var options = new OnnxExportOptions { Precision = "int3", CalibrationPairs = [], CalibrationGoal = 0, Ensemble = [], ParityTolerance = double.NaN, ParityTexts = [], ParityPairs = [], MinRankCorrelation = 2, AttentionBlocks = 0 };

        string message = Assert.ThrowsExactly<ArgumentException>(() => OnnxExporter.Export("m", "o", options)).Message;

        foreach (string expected in (string[])["'int3'", "CalibrationPairs", "CalibrationGoal", "Ensemble", "ParityTolerance", "ParityTexts", "ParityPairs", "both given", "MinRankCorrelation", "AttentionBlocks"])
        {
            StringAssert.Contains(message, expected);
        }
    }

    [TestMethod]
    public void Export_OutputIsAFile_FailsBeforeAnyLongWork()
    {
        using var folder = new TemporaryFolder();
        string model = TinyModel.Write(folder["model"]);
        File.WriteAllText(folder["file"], "in the way");

        StringAssert.Contains(
            Assert.ThrowsExactly<RewardModelingException>(
                () => OnnxExporter.Export(model, folder["file"], new OnnxExportOptions(), _ => throw new InvalidOperationException("scored"), CancellationToken.None)).Message,
            "cannot be written");
    }
}
