using System.Globalization;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.Terminal;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace RewardModeling.Tool.Training;

/// <summary>Shows a training run on a terminal: a table of its figures that is drawn anew with every step.</summary>
internal static class TrainView
{
    /// <summary>Runs work under the live view.</summary>
    public static T Run<T>(Func<IProgress<StepMetrics>, T> work)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Live(new Text("Preparing...")).AutoClear(false).Start(display => work(new View(display)));
    }

    /// <summary>The figures of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="validated">The last step that was validated; null before.</param>
    internal static IRenderable Draw(StepMetrics step, StepMetrics? validated)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        Table table = new Table { Border = TableBorder.Rounded, ShowHeaders = false }.AddColumn("").AddColumn("");
        void Row(string name, string value) => table.AddRow(new Text(name), new Text(value));
        int filled = (int)(20L * step.Step / Math.Max(1, step.TotalSteps));
        Row("step", string.Create(culture, $"{step.Step} / {step.TotalSteps}  {new string('█', filled)}{new string('░', 20 - filled)}  epoch {step.Epoch:0.00}"));
        (string Name, double Value)[] terms = [("rank", step.RankLoss), ("center", step.CenterLoss), ("sft", step.SftLoss), ("kl", step.KlLoss)];
        string parts = string.Join("  ", terms.Where(term => term.Value != 0).Select(term => string.Create(culture, $"{term.Name} {term.Value:0.0000}")));
        Row("loss", string.Create(culture, $"{step.Loss:0.0000}  ({parts})"));
        if (step.RankLoss != 0)
        {
            Row("accuracy, margin", string.Create(culture, $"{step.Accuracy:0.000}, {step.RewardMargin:0.000}"));
        }

        if (validated is not null)
        {
            (string Name, double? Value)[] held = [("accuracy", validated.ValidationAccuracy), ("loss", validated.ValidationLoss), ("perplexity", validated.ValidationPerplexity)];
            Row("validation", string.Create(culture, $"step {validated.Step}: ")
                + string.Join("  ", held.Where(item => item.Value is not null).Select(item => string.Create(culture, $"{item.Name} {item.Value:0.0000}"))));
        }

        Row("learning rate", string.Create(culture, $"{step.LearningRate:0.00e+0}, gradient norm {step.GradientNorm:0.00}"));
        Row("speed", string.Create(culture, $"{step.PairsPerSecond:0.0} pairs/s, {step.TokensPerSecond:0} tokens/s"));
        Row("memory", string.Create(culture, $"{step.MemoryBytes / 1e9:0.00} GB"));
        Row("time", $"{Durations.Short(step.Elapsed)} gone, {Durations.Short(step.Remaining)} left");
        return table;
    }

    private sealed class View(LiveDisplayContext display) : IProgress<StepMetrics>
    {
        private StepMetrics? _validated;

        public void Report(StepMetrics value)
        {
            _validated = value.ValidationLoss is not null || value.ValidationAccuracy is not null ? value : _validated;
            display.UpdateTarget(Draw(value, _validated));
            display.Refresh();
        }
    }
}
