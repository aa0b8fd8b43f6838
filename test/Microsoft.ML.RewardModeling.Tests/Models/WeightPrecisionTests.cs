using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Weights;
using Microsoft.ML.RewardModeling.Tests.Training;
using Microsoft.ML.RewardModeling.Training;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models;

[TestClass]
public sealed class WeightPrecisionTests
{
    private static readonly RewardModelLoadOptions AsStored = new() { Precision = WeightPrecision.AsStored };
    private static readonly int[][] Texts = [TinyModels.Ids(1, 9), TinyModels.Ids(2, 30)];

    [TestMethod]
    [DataRow("F32")]
    [DataRow("BF16")]
    [DataRow("F16")]
    [DataRow("F8_E4M3")]
    [DataRow("F8_E5M2")]
    [DataRow("F64")]
    public void Load_AsStored_GivesTheRewardsOfFp32ToTheBit(string dtype)
    {
        using TemporaryFolder folder = new();
        Write(folder, dtype, shift: 0);

        using RewardModel widened = RewardModel.Load(folder.Path), stored = RewardModel.Load(folder.Path, AsStored);

        CollectionAssert.AreEqual(widened.Score(Texts), stored.Score(Texts));
        float[] expected = widened.Logits(Texts[1]), actual = stored.Logits(Texts[1]);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-5f);
        }
    }

    [TestMethod]
    [DataRow("F32")]
    [DataRow("BF16")]
    public void Load_AsStoredFromOddAddresses_CopiesInstead(string dtype)
    {
        using TemporaryFolder folder = new();
        Write(folder, dtype, shift: 1);

        using RewardModel widened = RewardModel.Load(folder.Path), stored = RewardModel.Load(folder.Path, AsStored);

        CollectionAssert.AreEqual(widened.Score(Texts), stored.Score(Texts));
    }

    [TestMethod]
    public void Load_AsStored_UsesTheFilesMemory()
    {
        Assert.IsNotNull(TensorOverMemory<short>.Create, "this TorchSharp has no factory over memory; weights would be copied");
        Assert.IsNotNull(TensorOverMemory<float>.Create);
    }

    [TestMethod]
    public void Load_AsStored_CanBeSavedAndNotTrained()
    {
        using TemporaryFolder folder = new();
        Write(folder, "BF16", shift: 0);
        using RewardModel stored = RewardModel.Load(folder.Path, AsStored);

        stored.Save(folder["copy"]);

        using RewardModel copy = RewardModel.Load(folder["copy"]);
        CollectionAssert.AreEqual(stored.Score(Texts), copy.Score(Texts));
        string message = Assert.ThrowsExactly<RewardModelingException>(
            () => TrainingRun.Run(stored, TrainingData.Pairs(4), [], new TrainingOptions { Objective = RewardObjective.BradleyTerry })).Message;
        StringAssert.Contains(message, "WeightPrecision.Fp32");
    }

    /// <summary>A replaced directory is a new file; the model keeps the one it has.</summary>
    [TestMethod]
    public void Save_OverTheDirectoryTheModelIsMappedFrom_Works()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("skipped: Windows does not replace a file that is mapped");
        }

        using TemporaryFolder folder = new();
        Write(folder, "BF16", shift: 0);
        using RewardModel stored = RewardModel.Load(folder.Path, AsStored);
        float[] before = stored.Score(Texts);

        stored.Save(folder.Path);

        CollectionAssert.AreEqual(before, stored.Score(Texts));
        using RewardModel again = RewardModel.Load(folder.Path, AsStored);
        CollectionAssert.AreEqual(before, again.Score(Texts));
    }

    /// <summary>Writes a random classifier in a type; <paramref name="shift"/> moves the data to an odd address.</summary>
    private static void Write(TemporaryFolder folder, string dtype, int shift)
    {
        using RewardModel model = RewardModel.Create(TinyModels.Config(tied: false, biases: true, initializerRange: 0.3), seed: 9);
        model.Save(folder.Path);
        using WeightsDirectory weights = WeightsDirectory.Open(folder.Path);
        List<SafetensorsSource> sources =
        [
            .. weights.Tensors.Values.Select(tensor => new SafetensorsSource(tensor.Name, dtype, [.. tensor.Shape], stream => stream.Write(Encode(tensor.ToSingles(), dtype)))),
        ];
        string path = folder["new.safetensors"];
        SafetensorsWriter.Write(path, sources);
        byte[] content = File.ReadAllBytes(path);
        if (shift > 0)
        {
            int length = BitConverter.ToInt32(content);
            content = [.. BitConverter.GetBytes((long)length + shift), .. content[8..(8 + length)], .. Enumerable.Repeat((byte)' ', shift), .. content[(8 + length)..]];
        }

        File.Delete(path);
        File.WriteAllBytes(folder["model.safetensors"], content);
    }

    private static byte[] Encode(float[] values, string dtype)
    {
        if (dtype.StartsWith("F8", StringComparison.Ordinal))
        {
            // The nearest value of the type's own table.
            float[] table = new float[256];
            Float8.ToSingles([.. Enumerable.Range(0, 256).Select(i => (byte)i)], table, dtype == "F8_E4M3");
            return [.. values.Select(value => (byte)Enumerable.Range(0, 256).Where(i => float.IsFinite(table[i])).MinBy(i => MathF.Abs(table[i] - value)))];
        }

        return [.. values.SelectMany(value => dtype switch
        {
            "F32" => BitConverter.GetBytes(value),
            "F64" => BitConverter.GetBytes((double)value),
            "F16" => BitConverter.GetBytes((Half)value),
            _ => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
        })];
    }
}
