using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Tests.Models;
using Microsoft.ML.RewardModeling.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Training;

[TestClass]
public sealed class TensorLeakTests
{
    [TestMethod]
    public void Take_ManySteps_LeavesNoTensorBehind()
    {
        using RewardModel model = TinyModels.Create();
        model.Network.SegmentOperations = 0;
        using AdamW optimizer = new(model.Parameters, 0.01);
        TokenizedPair[] pairs = TrainingData.Pairs(4);
        PreferenceBatch batch = PreferenceBatch.Create(pairs, [0, 1, 2, 3], withTeacher: true);
        TrainingOptions options = new() { SftWeight = 1 };
        long Live()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return Tensor.TotalCount;
        }

        void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                TrainingStep.Take(model, optimizer, [batch], options, null, 1e-4, _ => { });
            }
        }

        Steps(20);
        long before = Live();
        Steps(100);
        Assert.AreEqual(before, Live());
    }
}
