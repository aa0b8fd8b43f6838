using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Native;
using Microsoft.ML.RewardModeling.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Training;

[TestClass]
public sealed class AdamWTests
{
    [ClassInitialize]
    public static void LoadTorch(TestContext context) => TorchRuntime.EnsureLoaded();

    [TestMethod]
    public void Step_FirstStep_EqualsHandValue()
    {
        // After one step the corrected moments are g and g^2, so the step is rate x sign(g); a matrix decays by rate x 0.1 first.
        using ParameterStore parameters = new();
        parameters.Add("matrix", tensor(new[] { 1f, -2f }).reshape(1, 2));
        parameters.Add("norm", tensor(new[] { 1f }));
        using AdamW optimizer = new(parameters, weightDecay: 0.1);
        using Tensor loss = ((parameters["matrix"] * tensor(new[] { 3f, -4f })).sum() + (parameters["norm"] * 12).sum());
        loss.backward();

        double norm = optimizer.Step(learningRate: 0.5, largestNorm: 100);

        // Gradient (3, -4, 12): norm 13. Matrix: 1 x 0.95 - 0.5 = 0.45; -2 x 0.95 + 0.5 = -1.4. Norm weight: 1 - 0.5.
        Assert.AreEqual(13, norm, 1e-5);
        Assert.AreEqual(0.45f, parameters["matrix"][0, 0].item<float>(), 1e-6f);
        Assert.AreEqual(-1.4f, parameters["matrix"][0, 1].item<float>(), 1e-6f);
        Assert.AreEqual(0.5f, parameters["norm"][0].item<float>(), 1e-6f);
    }

    [TestMethod]
    public void Step_ManySteps_EqualTorchsOwnOptimizer()
    {
        using ParameterStore parameters = new();
        parameters.Add("matrix", arange(6, ScalarType.Float32).reshape(2, 3) / 5);
        using TorchSharp.Modules.Parameter reference = new(arange(6, ScalarType.Float32).reshape(2, 3) / 5);
        using AdamW optimizer = new(parameters, weightDecay: 0.01);
        optim.Optimizer torchs = optim.AdamW([reference], lr: 0.05, weight_decay: 0.01);
        for (int i = 0; i < 20; i++)
        {
            optimizer.ZeroGradients();
            torchs.zero_grad();
            parameters["matrix"].sin().square().sum().backward();
            reference.sin().square().sum().backward();
            optimizer.Step(0.05, largestNorm: double.MaxValue);
            torchs.step();
        }

        Assert.IsLessThan(1e-5f, (parameters["matrix"] - reference).abs().max().item<float>());
    }

    [TestMethod]
    public void Step_GradientNotFinite_ChangesNothing()
    {
        using ParameterStore parameters = new();
        parameters.Add("norm", tensor(new[] { 1f }));
        using AdamW optimizer = new(parameters, 0);
        (parameters["norm"] * float.PositiveInfinity).sum().backward();

        Assert.IsFalse(double.IsFinite(optimizer.Step(0.5, 1)));
        Assert.AreEqual(1f, parameters["norm"][0].item<float>());
        Assert.AreEqual(0, optimizer.Steps);
    }
}
