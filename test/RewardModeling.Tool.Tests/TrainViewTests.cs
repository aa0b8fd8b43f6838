using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.Training;
using Spectre.Console;

namespace RewardModeling.Tool.Tests;

[TestClass]
public sealed class TrainViewTests
{
    private static readonly StepMetrics Step = new()
    {
        Step = 5, TotalSteps = 20, Epoch = 0.5, Loss = 1.25, RankLoss = 0.75, SftLoss = 2.5, KlLoss = 0, Accuracy = 0.625, RewardMargin = 0.4, LearningRate = 3e-4,
        GradientNorm = 1.5, PairsPerSecond = 3.5, TokensPerSecond = 1200, Elapsed = TimeSpan.FromSeconds(65), Remaining = TimeSpan.FromSeconds(195), MemoryBytes = 1_500_000_000,
    };

    [TestMethod]
    public void Draw_StepWithValidationBefore_ShowsEveryFigure()
    {
        using StringWriter output = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), ColorSystem = ColorSystemSupport.NoColors });
        console.Profile.Width = 120;

        console.Write(TrainView.Draw(Step, Step with { Step = 3, ValidationAccuracy = 0.7, ValidationPerplexity = 12.5 }));

        foreach (string figure in (string[])
            ["5 / 20", "█████░", "1.2500", "rank 0.7500  sft 2.5000", "0.625, 0.400", "step 3: accuracy 0.7000  perplexity 12.5000", "3.00e-4", "1.50", "3.5 pairs/s, 1200 tokens/s", "1.50 GB", "1:05 gone, 3:15 left"])
        {
            StringAssert.Contains(output.ToString(), figure);
        }

        Assert.DoesNotContain("kl", output.ToString());
    }

    [TestMethod]
    public void Figures_LanguageModel_HaveNoAccuracy()
        => Assert.AreEqual(
            "loss 1.250, perplexity 9.00, 1200 tokens/s", TrainProgress.Figures(Step with { RankLoss = 0, Accuracy = 0, ValidationPerplexity = 9 }));
}
