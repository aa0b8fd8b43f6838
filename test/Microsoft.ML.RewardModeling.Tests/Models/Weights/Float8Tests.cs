using Microsoft.ML.RewardModeling.Models.Weights;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models.Weights;

[TestClass]
public sealed class Float8Tests
{
    /// <summary>The corners of table 1 of arXiv 2209.05433, and values worked out by hand: 0x3c = 0 0111 100 is 1.5, 0x01 is 2^-9.</summary>
    [TestMethod]
    [DataRow(0x00, 0f)]
    [DataRow(0x80, -0f)]
    [DataRow(0x01, 0.001953125f, DisplayName = "smallest subnormal 2^-9")]
    [DataRow(0x07, 0.013671875f, DisplayName = "largest subnormal 7/8 * 2^-6")]
    [DataRow(0x08, 0.015625f, DisplayName = "smallest normal 2^-6")]
    [DataRow(0x38, 1f)]
    [DataRow(0x3c, 1.5f)]
    [DataRow(0xc5, -3.25f, DisplayName = "1 1000 101 is -1.625 * 2")]
    [DataRow(0x7e, 448f, DisplayName = "largest")]
    [DataRow(0xfe, -448f)]
    [DataRow(0x7f, float.NaN)]
    [DataRow(0xff, float.NaN)]
    public void ToSingles_E4M3_FollowsTheTable(int bits, float expected) => Check(bits, expected, e4m3: true);

    /// <summary>0x3e = 0 01111 10 is 1.5; the smallest subnormal is 2^-16, the largest number 1.75 * 2^15.</summary>
    [TestMethod]
    [DataRow(0x00, 0f)]
    [DataRow(0x01, 1.52587890625e-5f, DisplayName = "smallest subnormal 2^-16")]
    [DataRow(0x03, 4.57763671875e-5f, DisplayName = "largest subnormal 3/4 * 2^-14")]
    [DataRow(0x04, 6.103515625e-5f, DisplayName = "smallest normal 2^-14")]
    [DataRow(0x3c, 1f)]
    [DataRow(0x3e, 1.5f)]
    [DataRow(0x7b, 57344f, DisplayName = "largest")]
    [DataRow(0x7c, float.PositiveInfinity)]
    [DataRow(0xfc, float.NegativeInfinity)]
    [DataRow(0x7d, float.NaN)]
    [DataRow(0xff, float.NaN)]
    public void ToSingles_E5M2_FollowsTheTable(int bits, float expected) => Check(bits, expected, e4m3: false);

    /// <summary>E5M2 is the upper byte of a binary16, so all 256 values have an independent meaning.</summary>
    [TestMethod]
    public void ToSingles_E5M2_IsTheUpperByteOfAHalf()
    {
        for (int bits = 0; bits < 256; bits++)
        {
            Check(bits, (float)BitConverter.UInt16BitsToHalf((ushort)(bits << 8)), e4m3: false);
        }
    }

    [TestMethod]
    public void ReadSingles_BothTypes_ReadWholeTensors()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder["f8.safetensors"],
        [
            new SafetensorsSource("a", "F8_E4M3", [3], stream => stream.Write([0x38, 0xc5, 0x7e])),
            new SafetensorsSource("b", "F8_E5M2", [2, 1], stream => stream.Write([0x3e, 0x7b])),
        ]);
        using SafetensorsFile file = SafetensorsFile.Open(folder["f8.safetensors"]);

        CollectionAssert.AreEqual(new[] { 1f, -3.25f, 448f }, file.Tensors.Single(t => t.Name == "a").ToSingles());
        CollectionAssert.AreEqual(new[] { 1.5f, 57344f }, file.Tensors.Single(t => t.Name == "b").ToSingles());
    }

    private static void Check(int bits, float expected, bool e4m3)
    {
        float[] single = new float[1];
        byte[] brain = new byte[2];
        Float8.ToSingles([(byte)bits], single, e4m3);
        Float8.ToBFloat16([(byte)bits], brain, e4m3);
        Assert.AreEqual(expected, single[0]);
        Assert.AreEqual(float.IsNegative(expected), float.IsNaN(expected) ? float.IsNegative(expected) : float.IsNegative(single[0]));
        Assert.AreEqual(expected, BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(brain) << 16));
    }
}
