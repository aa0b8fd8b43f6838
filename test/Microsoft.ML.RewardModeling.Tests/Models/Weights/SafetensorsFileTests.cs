using System.Buffers.Binary;
using System.Text;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Models.Weights;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models.Weights;

[TestClass]
public sealed class SafetensorsFileTests
{
    private const string TwoTensors =
        """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[2,1],"data_offsets":[8,12]}}""";

    [TestMethod]
    public void Open_WellFormedFile_GivesNamesShapesAndValues()
    {
        using var folder = new TemporaryFolder();
        byte[] data = [0, 0, 128, 63, 0, 0, 0, 192, 0, 64, 128, 191]; // 1, -2 as F32; 2, -1 as BF16
        using SafetensorsFile file = SafetensorsFile.Open(Write(folder, TwoTensors, data));

        Assert.AreEqual("pt", file.Metadata["format"]);
        CollectionAssert.AreEqual(new[] { "a", "b" }, file.Tensors.Select(t => t.Name).ToArray());
        Assert.IsTrue(file.TryGet("b", out SafetensorsTensor? b));
        CollectionAssert.AreEqual(new long[] { 2, 1 }, b.Shape.ToArray());
        CollectionAssert.AreEqual(new[] { 2f, -1f }, b.ToSingles());
        CollectionAssert.AreEqual(new[] { 1f, -2f }, file.Tensors[0].ToSingles());
        CollectionAssert.AreEqual(new byte[] { 0, 64 }, b.Bytes(0, 2).ToArray());
    }

    [TestMethod]
    public void ReadSingles_HalfAndDouble_AreConverted()
    {
        using var folder = new TemporaryFolder();
        string header = """{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"d":{"dtype":"F64","shape":[],"data_offsets":[4,12]}}""";
        byte[] data = new byte[12];
        BinaryPrimitives.WriteHalfLittleEndian(data, (Half)0.5f);
        BinaryPrimitives.WriteHalfLittleEndian(data.AsSpan(2), (Half)(-3f));
        BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(4), 0.25);
        using SafetensorsFile file = SafetensorsFile.Open(Write(folder, header, data));

        CollectionAssert.AreEqual(new[] { 0.5f, -3f }, file.Tensors[0].ToSingles());
        CollectionAssert.AreEqual(new[] { 0.25f }, file.Tensors[1].ToSingles());
        Assert.AreEqual(0, file.Tensors[1].Shape.Count);
    }

    [TestMethod]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "overlaps", DisplayName = "overlap")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", "hole", DisplayName = "hole")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "hole", DisplayName = "hole at the start")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "follow the header", DisplayName = "bytes left over")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "truncated", DisplayName = "range beyond the end")]
    [DataRow("""{"a":{"dtype":"Q4","shape":[3],"data_offsets":[0,12]}}""", "'Q4'", DisplayName = "unknown type")]
    [DataRow("""{"a":{"dtype":"F16","shape":[3],"data_offsets":[0,12]}}""", "takes 6 bytes", DisplayName = "size and range differ")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,12]}}""", "larger than 2^63", DisplayName = "product overflows")]
    [DataRow("""{"a":{"dtype":"F32","shape":[-3],"data_offsets":[0,12]}}""", "whole number", DisplayName = "negative dimension")]
    [DataRow("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,12]}}""", "whole number", DisplayName = "fraction")]
    [DataRow("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[12,0]}}""", "data_offsets", DisplayName = "range backwards")]
    [DataRow("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12,3]}}""", "needs exactly", DisplayName = "three offsets")]
    [DataRow("""{"a":{"dtype":"F32","shape":[3]}}""", "needs exactly", DisplayName = "no offsets")]
    [DataRow("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12],"x":1}}""", "'x'", DisplayName = "unknown field")]
    [DataRow("""{"a":{"dtype":"F32","dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "'dtype'", DisplayName = "repeated field")]
    [DataRow("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},"a":{"dtype":"F32","shape":[0],"data_offsets":[12,12]}}""", "twice", DisplayName = "repeated name")]
    [DataRow("""{"__metadata__":{"k":1},"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "__metadata__", DisplayName = "metadata no string")]
    [DataRow("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,12]}}""", "whole bytes", DisplayName = "half a byte left over")]
    [DataRow("""{"a":{"dtype":"U8","shape":[9223372036854775807,9223372036854775807,9223372036854775807],"data_offsets":[0,12]}}""", "larger than 2^63", DisplayName = "product overflows 128 bits")]
    [DataRow("""{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,12],"data_offsets":[0,12]}}""", "more than 64", DisplayName = "65 dimensions")]
    [DataRow("""{"a":3}""", "object", DisplayName = "entry no object")]
    [DataRow("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}""", "JSON", DisplayName = "unclosed")]
    [DataRow("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}} x""", "JSON", DisplayName = "text after the object")]
    [DataRow("""[1]""", "'{'", DisplayName = "no object")]
    [DataRow("", "'{'", DisplayName = "empty header")]
    public void Open_BrokenHeader_SaysWhatAndWhere(string header, string expected)
    {
        using var folder = new TemporaryFolder();
        string path = Write(folder, header, new byte[12]);

        var error = Assert.ThrowsExactly<RewardModelingException>(() => SafetensorsFile.Open(path));

        StringAssert.Contains(error.Message, expected);
        StringAssert.Contains(error.Message, path);
    }

    [TestMethod]
    public void Open_InvalidUtf8InName_Fails()
    {
        using var folder = new TemporaryFolder();
        byte[] header = [.. "{\""u8, 0xff, .. "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}"u8];
        string path = WriteRaw(folder, header.Length, [.. header, 7]);

        Assert.ThrowsExactly<RewardModelingException>(() => SafetensorsFile.Open(path));
    }

    [TestMethod]
    [DataRow(100_000_001L, "allows at most")]
    [DataRow(-1L, "allows at most")]
    [DataRow(4096L, "truncated")]
    public void Open_HeaderLengthNotBelievable_FailsBeforeReadingIt(long length, string expected)
    {
        using var folder = new TemporaryFolder();
        string path = WriteRaw(folder, length, "{}"u8.ToArray());

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => SafetensorsFile.Open(path)).Message, expected);
    }

    [TestMethod]
    public void Open_RealFileCutAnywhere_Fails()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = File.ReadAllBytes(TestData.Own("models", "rm-nano-base", "model.safetensors"));
        foreach (int length in (int[])[0, 7, 8, 100, 5063, 5064, 6000, whole.Length - 1])
        {
            string path = folder["cut.safetensors"];
            File.WriteAllBytes(path, whole[..length]);
            Assert.ThrowsExactly<RewardModelingException>(() => SafetensorsFile.Open(path), $"cut at {length}");
        }
    }

    [TestMethod]
    public void Open_RealFile_HasEveryTensor()
    {
        using SafetensorsFile file = SafetensorsFile.Open(TestData.Own("models", "rm-nano-base", "model.safetensors"));

        Assert.AreEqual(4_000_512, file.Tensors.Sum(t => t.ElementCount));
        Assert.IsTrue(file.Tensors.All(t => t.Dtype == "BF16"));
    }

    [TestMethod]
    public void Bytes_OutsideTheTensorOrAfterDispose_Throws()
    {
        using var folder = new TemporaryFolder();
        SafetensorsFile file = SafetensorsFile.Open(Write(folder, TwoTensors, new byte[12]));
        SafetensorsTensor a = file.Tensors[0];

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => a.Bytes(4, 8).Length);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => a.Bytes(-1, 2).Length);
        file.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => a.Bytes(0, 8).Length);
    }

    private static string Write(TemporaryFolder folder, string header, byte[] data)
        => WriteRaw(folder, Encoding.UTF8.GetByteCount(header), [.. Encoding.UTF8.GetBytes(header), .. data]);

    private static string WriteRaw(TemporaryFolder folder, long headerLength, byte[] rest)
    {
        string path = folder["t.safetensors"];
        File.WriteAllBytes(path, [.. BitConverter.GetBytes(headerLength), .. rest]);
        return path;
    }
}
