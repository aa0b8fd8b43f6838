using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling;

/// <summary>How well a reward model tells the better answer of a pair.</summary>
public sealed record RewardModelMetrics
{
    /// <summary>Share of pairs whose chosen answer has the higher reward; a tie counts half.</summary>
    public required double Accuracy { get; init; }

    /// <summary>Number of pairs.</summary>
    public required int Pairs { get; init; }

    /// <summary>Pairs with exactly equal rewards.</summary>
    public required int Ties { get; init; }

    /// <summary>95 % Wilson interval of the accuracy.</summary>
    public required ConfidenceInterval Ci95 { get; init; }

    /// <summary>
    /// Spearman's rank correlation between the differences of rewards and the teacher's margins, over the pairs that have
    /// a margin; -1 to 1, NaN when fewer than two have one or one side is constant.
    /// </summary>
    public required double MarginSpearman { get; init; }

    /// <summary>
    /// Expected calibration error of sigmoid(difference of rewards) over ten bins of equal width from 0.5 to 1; 0 is best.
    /// Meaningful only where rewards are on the logit scale, as Bradley-Terry training gives them.
    /// </summary>
    public required double Ece { get; init; }

    /// <summary>Mean of (1 - sigmoid(difference of rewards))^2; 0 is best, 0.25 is guessing.</summary>
    public required double Brier { get; init; }

    /// <summary>Accuracy of preferring the longer answer (ties half): the figure to beat. NaN when the texts are not known.</summary>
    public required double LengthBaseline { get; init; }

    /// <summary>The bins behind <see cref="Ece"/>.</summary>
    public required IReadOnlyList<CalibrationBin> CalibrationBins { get; init; }

    /// <summary>Accuracy per subset, in order of name; empty when no pair names one.</summary>
    public required IReadOnlyDictionary<string, SubsetMetrics> Subsets { get; init; }

    /// <summary>A short table for people.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        void Line(string name, string value) => text.Append(name.PadRight(18)).Append(value).Append('\n');
        Line("accuracy", $"{Percent(Accuracy)}  (95 % {Percent(Ci95.Low)} to {Percent(Ci95.High)}, {Pairs} pairs, {Ties} ties)");
        Line("length baseline", Percent(LengthBaseline));
        Line("margin spearman", Number(MarginSpearman));
        Line("ece", Number(Ece));
        Line("brier", Number(Brier));
        foreach ((string name, SubsetMetrics subset) in Subsets)
        {
            Line("  " + name, $" {Percent(subset.Accuracy)}  (95 % {Percent(subset.Ci95.Low)} to {Percent(subset.Ci95.High)}, {subset.Pairs} pairs, {subset.Ties} ties; longer answer {Percent(subset.LengthBaseline)})");
        }

        return text.ToString().TrimEnd('\n');
    }

    internal static string Percent(double value)
        => double.IsNaN(value) ? "n/a" : (value * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    internal static string Number(double value) => double.IsNaN(value) ? "n/a" : value.ToString("0.000", CultureInfo.InvariantCulture);
}
