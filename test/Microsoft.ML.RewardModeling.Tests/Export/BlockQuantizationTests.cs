using Microsoft.ML.RewardModeling.Export;

namespace Microsoft.ML.RewardModeling.Tests.Export;

[TestClass]
public sealed class BlockQuantizationTests
{
    [TestMethod]
    public void Columns_TwoBlocksOfTwo_HaveTheirOwnScales()
    {
        // Two outputs; inputs 0 and 1 are one block, 2 and 3 the other.
        float[] weights = [127, 1, -63.4f, 0.6f, 12.7f, 0, 1.27f, 0];

        (float[] levels, float[] scales) = BlockQuantization.Columns(weights, outputs: 2, size: 2);

        CollectionAssert.AreEqual(new[] { 1f, 0.007874f, 0.1f, 0f }, scales.Select(scale => MathF.Round(scale, 6)).ToArray());
        CollectionAssert.AreEqual(new[] { 127f, 127, -63, 76, 127, 0, 13, 0 }, levels);
    }

    [TestMethod]
    public void Rows_TwoRows_HaveTheirOwnScales()
    {
        (float[] levels, float[] scales) = BlockQuantization.Rows([254, -2, 0.127f, 0.05f], width: 2);

        CollectionAssert.AreEqual(new[] { 2f, 0.001f }, scales.Select(scale => MathF.Round(scale, 6)).ToArray());
        CollectionAssert.AreEqual(new[] { 127f, -1, 127, 50 }, levels);
    }

    [TestMethod]
    [DataRow(384, 64)]
    [DataRow(100, 100)]
    public void SizeFor_Inputs_DividesThem(int inputs, int size) => Assert.AreEqual(size, BlockQuantization.SizeFor(inputs));
}
