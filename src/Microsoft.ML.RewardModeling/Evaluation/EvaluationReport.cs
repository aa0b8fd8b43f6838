using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.ML.RewardModeling.Evaluation;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Writes an evaluation as one HTML file that needs no network and no script and follows the reader's light or dark
/// theme: accuracies against the length baseline, calibration, the distribution of rewards, and the worst errors with
/// their texts.
/// </summary>
public static class EvaluationReport
{
    private const int WorstErrors = 20;

    private const string Style = """
        :root { color-scheme: light dark; --line: #8886; --good: #2a7de1; --bad: #e07b39; }
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
        th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
        th:first-child, td:first-child { text-align: left; }
        svg { width: 100%; height: auto; } svg text { fill: currentColor; font-size: 13px; }
        .axis { stroke: currentColor; } .chosen { fill: var(--good); fill-opacity: .65; } .rejected { fill: var(--bad); fill-opacity: .65; }
        b.chosen { color: var(--good); } b.rejected { color: var(--bad); }
        details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: .4rem .8rem; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .2rem 0 .8rem; font: inherit; }
        """;

    /// <summary>Writes the report; a reader sees the old file or the whole new one.</summary>
    /// <param name="path">The .html file.</param>
    /// <param name="title">Heading, for example the model's and the test set's names.</param>
    /// <param name="pairs">The pairs that were evaluated.</param>
    /// <exception cref="RewardModelingException">No pairs, a reward that is not finite, or the file cannot be written.</exception>
    public static void Write(string path, string title, IReadOnlyList<EvaluatedPair> pairs)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string html = ToHtml(title, pairs);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(html)));
    }

    /// <summary>The report as text.</summary>
    /// <param name="title">Heading.</param>
    /// <param name="pairs">The pairs that were evaluated.</param>
    /// <returns>A complete HTML document.</returns>
    public static string ToHtml(string title, IReadOnlyList<EvaluatedPair> pairs)
    {
        ArgumentNullException.ThrowIfNull(title);
        RewardModelMetrics metrics = RewardEvaluation.Evaluate(pairs);
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.Append(CultureInfo.InvariantCulture, $"<title>{Encode(title)}</title>\n<style>\n{Style}\n</style>\n</head>\n<body>\n<h1>{Encode(title)}</h1>\n");
        Accuracy(html, metrics);
        Calibrations(html, metrics);
        html.Append("<h2>Rewards</h2>\n<p><b class=\"chosen\">chosen</b> and <b class=\"rejected\">rejected</b> answers</p>\n");
        html.Append(RewardHistogram.Svg(pairs)).Append('\n');
        Errors(html, pairs);
        return html.Append("</body>\n</html>\n").ToString();
    }

    private static void Accuracy(StringBuilder html, RewardModelMetrics metrics)
    {
        html.Append("<h2>Accuracy</h2>\n<table>\n<tr><th>subset</th><th>pairs</th><th>accuracy</th><th>95 % interval</th><th>ties</th><th>longer answer</th></tr>\n");
        Row("all", new SubsetMetrics(metrics.Pairs, metrics.Accuracy, metrics.Ties, metrics.Ci95, metrics.LengthBaseline));
        foreach ((string name, SubsetMetrics subset) in metrics.Subsets)
        {
            Row(name, subset);
        }

        html.Append("</table>\n<p>A tie counts half.");
        html.Append(CultureInfo.InvariantCulture, $" Rank correlation with the teacher's margins: {RewardModelMetrics.Number(metrics.MarginSpearman)}.</p>\n");

        void Row(string name, SubsetMetrics m) => html.Append(
            CultureInfo.InvariantCulture,
            $"<tr><td>{Encode(name)}</td><td>{m.Pairs}</td><td>{RewardModelMetrics.Percent(m.Accuracy)}</td><td>{RewardModelMetrics.Percent(m.Ci95.Low)} to {RewardModelMetrics.Percent(m.Ci95.High)}</td><td>{m.Ties}</td><td>{RewardModelMetrics.Percent(m.LengthBaseline)}</td></tr>\n");
    }

    private static void Calibrations(StringBuilder html, RewardModelMetrics metrics)
    {
        html.Append("<h2>Calibration</h2>\n<p>Confidence is sigmoid(|difference of rewards|). ");
        html.Append(CultureInfo.InvariantCulture, $"Expected calibration error {RewardModelMetrics.Number(metrics.Ece)}, Brier score {RewardModelMetrics.Number(metrics.Brier)}.</p>\n");
        html.Append("<table>\n<tr><th>confidence</th><th>pairs</th><th>mean confidence</th><th>accuracy</th></tr>\n");
        foreach (CalibrationBin bin in metrics.CalibrationBins)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><td>{bin.Low:0.00} to {bin.High:0.00}</td><td>{bin.Count}</td><td>{RewardModelMetrics.Percent(bin.Confidence)}</td><td>{RewardModelMetrics.Percent(bin.Accuracy)}</td></tr>\n");
        }

        html.Append("</table>\n");
    }

    private static void Errors(StringBuilder html, IReadOnlyList<EvaluatedPair> pairs)
    {
        EvaluatedPair[] worst = [.. pairs.Where(p => p.Difference < 0).OrderBy(p => p.Difference).Take(WorstErrors)];
        html.Append(CultureInfo.InvariantCulture, $"<h2>Worst errors ({worst.Length})</h2>\n");
        foreach (EvaluatedPair pair in worst)
        {
            html.Append(CultureInfo.InvariantCulture, $"<details><summary>{Encode(pair.Id)}: chosen {pair.ChosenReward:0.000}, rejected {pair.RejectedReward:0.000}</summary>\n");
            Text("prompt", pair.Prompt, string.Empty);
            Text("chosen", pair.Chosen, "chosen");
            Text("rejected", pair.Rejected, "rejected");
            html.Append("</details>\n");
        }

        void Text(string name, string? text, string style)
        {
            if (text is not null)
            {
                html.Append(CultureInfo.InvariantCulture, $"<b class=\"{style}\">{name}</b><pre>{Encode(text)}</pre>\n");
            }
        }
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
