using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Models.Weights;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models.Weights;

[TestClass]
public sealed class WeightsDirectoryTests
{
    [TestMethod]
    public void Open_Shards_FindsTensorsInBoth()
    {
        using var folder = new TemporaryFolder();
        Shard(folder, "s1.safetensors", "a");
        Shard(folder, "s2.safetensors", "b");
        Index(folder, """{"weight_map":{"a":"s1.safetensors","b":"s2.safetensors"}}""");

        using WeightsDirectory weights = WeightsDirectory.Open(folder.Path);

        Assert.AreEqual(2, weights.Tensors.Count);
        Assert.AreEqual(4, weights.ParameterCount);
        Assert.AreEqual(16, weights.ByteLength);
        Assert.IsTrue(weights.TryGet("b", out SafetensorsTensor? b));
        Assert.AreEqual("s2.safetensors", Path.GetFileName(b.Source));
    }

    [TestMethod]
    public void Open_MissingShards_NamesAllOfThem()
    {
        using var folder = new TemporaryFolder();
        Shard(folder, "s1.safetensors", "a");
        Index(folder, """{"weight_map":{"a":"s1.safetensors","b":"s2.safetensors","c":"s3.safetensors"}}""");

        string message = Assert.ThrowsExactly<RewardModelingException>(() => WeightsDirectory.Open(folder.Path)).Message;

        StringAssert.Contains(message, "s2.safetensors");
        StringAssert.Contains(message, "s3.safetensors");
    }

    [TestMethod]
    [DataRow("""{"weight_map":{"a":"s1.safetensors","b":"s1.safetensors"}}""", "'b'")]
    [DataRow("""{"weight_map":{"a":"../s1.safetensors"}}""", "same folder")]
    [DataRow("""{"weight_map":{"a":3}}""", "same folder")]
    [DataRow("""{"weights":{}}""", "weight_map")]
    [DataRow("""{"weight_map":""", "JSON")]
    public void Open_BadIndex_SaysWhat(string index, string expected)
    {
        using var folder = new TemporaryFolder();
        Shard(folder, "s1.safetensors", "a");
        Index(folder, index);

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => WeightsDirectory.Open(folder.Path)).Message, expected);
    }

    [TestMethod]
    public void Open_TensorInTwoShards_Fails()
    {
        using var folder = new TemporaryFolder();
        Shard(folder, "s1.safetensors", "a");
        Shard(folder, "s2.safetensors", "a");
        Index(folder, """{"weight_map":{"a":"s1.safetensors","b":"s2.safetensors"}}""");

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => WeightsDirectory.Open(folder.Path)).Message, "expected it once");
    }

    [TestMethod]
    public void Open_OnlyPickles_SaysToConvert()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["pytorch_model.bin"], "x");

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => WeightsDirectory.Open(folder.Path)).Message, "convert them");
    }

    [TestMethod]
    public void RequireExactly_MissingMisshapenExtraAndWrongType_ReportsAllAtOnce()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["model.safetensors"],
            [Zeros("shape", "F32", [3, 2]), Zeros("type", "I32", [1]), Zeros("extra", "F32", [1]), Zeros("old.inv_freq", "F32", [1]), Zeros("good", "BF16", [1])]);
        using WeightsDirectory weights = WeightsDirectory.Open(folder.Path);
        var expected = new Dictionary<string, long[]> { ["gone"] = [4], ["shape"] = [2, 3], ["type"] = [1], ["good"] = [1] };

        string message = Assert.ThrowsExactly<RewardModelingException>(
            () => weights.RequireExactly(expected, n => n.EndsWith("inv_freq", StringComparison.Ordinal))).Message;

        StringAssert.Contains(message, "4 differences");
        StringAssert.Contains(message, "'gone' is missing, expected shape [4]");
        StringAssert.Contains(message, "'shape' in model.safetensors has shape [3, 2], expected [2, 3]");
        StringAssert.Contains(message, "'type' in model.safetensors has type I32");
        StringAssert.Contains(message, "'extra' is not part");
    }

    private static void Shard(TemporaryFolder folder, string file, string tensor)
        => SafetensorsWriter.Write(folder[file], [Zeros(tensor, "F32", [2])]);

    private static SafetensorsSource Zeros(string name, string dtype, long[] shape)
    {
        var source = new SafetensorsSource(name, dtype, shape, _ => { });
        return source with { Write = s => s.Write(new byte[source.ByteLength]) };
    }

    private static void Index(TemporaryFolder folder, string json) => File.WriteAllText(folder["model.safetensors.index.json"], json);
}
