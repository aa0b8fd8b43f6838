using Microsoft.ML.RewardModeling.Models.Weights;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models.Weights;

[TestClass]
public sealed class SafetensorsWriterTests
{
    [TestMethod]
    public void Write_ThenOpen_GivesTheSameTensors()
    {
        using var folder = new TemporaryFolder();
        string path = folder["w.safetensors"];
        SafetensorsWriter.Write(path, [Bytes("small", "BF16", [3], 6), Bytes("z", "F32", [2, 2], 16), Bytes("a", "F32", [0, 5], 0)],
            new Dictionary<string, string> { ["format"] = "pt" });

        using SafetensorsFile file = SafetensorsFile.Open(path);

        CollectionAssert.AreEqual(new[] { "a", "z", "small" }, file.Tensors.Select(t => t.Name).ToArray());
        Assert.AreEqual("pt", file.Metadata["format"]);
        CollectionAssert.AreEqual(Enumerable.Range(1, 16).Select(i => (byte)i).ToArray(), file.Tensors[1].Bytes(0, 16).ToArray());
        Assert.AreEqual(0, BitConverter.ToInt64(File.ReadAllBytes(path)) % 8);
    }

    [TestMethod]
    public void Write_TensorWritesTooLittle_LeavesTheOldFileAndNoTemporary()
    {
        using var folder = new TemporaryFolder();
        string path = folder["w.safetensors"];
        File.WriteAllText(path, "old");

        Assert.ThrowsExactly<InvalidOperationException>(() => SafetensorsWriter.Write(path, [Bytes("t", "F32", [2], 7)]));

        Assert.AreEqual("old", File.ReadAllText(path));
        Assert.AreEqual(1, Directory.GetFiles(folder.Path).Length);
    }

    [TestMethod]
    [DataRow("t", "F32", "t")]
    [DataRow("t", "F33", "u")]
    [DataRow("__metadata__", "F32", "u")]
    public void Write_NameRepeatedOrReservedOrTypeUnknown_Throws(string name, string dtype, string other)
    {
        using var folder = new TemporaryFolder();

        Assert.ThrowsExactly<ArgumentException>(() => SafetensorsWriter.Write(folder["w.safetensors"], [Bytes(name, dtype, [1], 4), Bytes(other, "F32", [1], 4)]));
    }

    private static SafetensorsSource Bytes(string name, string dtype, long[] shape, int count)
        => new(name, dtype, shape, s => s.Write(Enumerable.Range(1, count).Select(i => (byte)i).ToArray()));
}
