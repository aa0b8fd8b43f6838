using Microsoft.ML.RewardModeling;

namespace Microsoft.ML.RewardModeling.Tests.RewardModelTrainer;

[TestClass]
public sealed class RewardModelTrainerOptionsTests
{
    [TestMethod]
    public void Validate_Defaults_AreAccepted() => new RewardModelTrainerOptions { Backbone = "b" }.Validate();

    [TestMethod]
    public void Validate_ManyErrors_NamesThemAll()
    {
        var options = new RewardModelTrainerOptions
        {
            Backbone = " ",
            Objective = (RewardObjective)99,
            MarginScale = 0,
            GenerativeWeight = -1,
            SftWeight = float.NaN,
            KlTemperature = float.PositiveInfinity,
            TeacherTopK = 0,
            Epochs = 0,
            BatchSize = 0,
            GradientAccumulation = 0,
            LearningRate = double.NaN,
            WarmupRatio = 1.5,
            WeightDecay = -0.1,
            GradientClip = 0,
            MaxSteps = 0,
            MaxLength = 2,
            ValidationFraction = 1,
            Resume = true,
            Columns = new RewardModelColumns { Prompt = "", Chosen = "Same", Rejected = "Same" },
        };

        string message = Assert.ThrowsExactly<ArgumentException>(options.Validate).Message;

        foreach (string name in (string[])
            ["Backbone", "Objective", "MarginScale", "GenerativeWeight", "SftWeight", "KlTemperature", "TeacherTopK", "Epochs", "BatchSize", "GradientAccumulation", "LearningRate",
             "WarmupRatio", "WeightDecay", "GradientClip", "MaxSteps", "MaxLength", "ValidationFraction", "Resume", "Columns.Prompt", "both 'Same'"])
        {
            StringAssert.Contains(message, name);
        }
    }

    [TestMethod]
    public void Trainer_BadOptions_FailWhenItIsMade()
        => Assert.ThrowsExactly<ArgumentException>(() => new MLContext(1).RewardModeling.Trainers.RewardModel(new RewardModelTrainerOptions { Backbone = "b", Epochs = 0 }));

    [TestMethod]
    public void EffectiveWeights_OwnValueOrGenerativeWeight()
    {
        var options = new RewardModelTrainerOptions { Backbone = "b", GenerativeWeight = 0.5f, KlWeight = 0 };

        Assert.AreEqual((0.5f, 0f), (options.EffectiveSftWeight, options.EffectiveKlWeight));
    }
}
