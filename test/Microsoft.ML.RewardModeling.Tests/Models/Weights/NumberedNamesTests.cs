using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.Tests.Models.Weights;

[TestClass]
public sealed class NumberedNamesTests
{
    [TestMethod]
    public void Group_SameTroubleInManyLayers_IsOneLineThatNamesAll()
    {
        (string, string)[] problems =
        [
            ("model.norm.weight", "is missing"), ("model.layers.0.a.weight", "is missing"), ("model.layers.1.a.weight", "is missing"),
            ("model.layers.3.a.weight", "is missing"), ("model.layers.4.a.weight", "has shape [1]"), ("model.layers.1.b.weight", "is missing"),
        ];

        CollectionAssert.AreEqual(
            new[]
            {
                "'model.norm.weight' is missing", "'model.layers.{0-1,3}.a.weight' is missing", "'model.layers.4.a.weight' has shape [1]",
                "'model.layers.1.b.weight' is missing",
            },
            NumberedNames.Group(problems).ToArray());
    }
}
