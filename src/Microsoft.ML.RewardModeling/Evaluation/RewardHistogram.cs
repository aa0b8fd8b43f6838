using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Evaluation;

/// <summary>Two overlaid histograms, chosen and rejected rewards, as an SVG element without scripts or outside references.</summary>
internal static class RewardHistogram
{
    private const int BinCount = 30;
    private const int Width = 640;
    private const int Height = 200;

    public static string Svg(IReadOnlyList<EvaluatedPair> pairs)
    {
        float low = pairs.Min(p => Math.Min(p.ChosenReward, p.RejectedReward));
        float high = pairs.Max(p => Math.Max(p.ChosenReward, p.RejectedReward));
        int[] chosen = Count(pairs.Select(p => p.ChosenReward), low, high);
        int[] rejected = Count(pairs.Select(p => p.RejectedReward), low, high);
        int top = Math.Max(1, Math.Max(chosen.Max(), rejected.Max()));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height + 24}\" role=\"img\" aria-label=\"Histogram of rewards\">\n");
        Bars(svg, rejected, top, "rejected");
        Bars(svg, chosen, top, "chosen");
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"0\" y1=\"{Height}\" x2=\"{Width}\" y2=\"{Height}\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{Height + 18}\">{low:0.###}</text><text x=\"{Width}\" y=\"{Height + 18}\" text-anchor=\"end\">{high:0.###}</text>\n</svg>");
        return svg.ToString();
    }

    internal static int[] Count(IEnumerable<float> rewards, float low, float high)
    {
        int[] counts = new int[BinCount];
        double width = (double)high - low;
        foreach (float reward in rewards)
        {
            counts[width == 0 ? 0 : Math.Min(BinCount - 1, (int)((reward - (double)low) / width * BinCount))]++;
        }

        return counts;
    }

    private static void Bars(StringBuilder svg, int[] counts, int top, string kind)
    {
        double bar = (double)Width / BinCount;
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0)
            {
                double height = (double)counts[i] / top * (Height - 4);
                svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{kind}\" x=\"{i * bar:0.##}\" y=\"{Height - height:0.##}\" width=\"{bar - 1:0.##}\" height=\"{height:0.##}\"><title>{counts[i]} {kind}</title></rect>\n");
            }
        }
    }
}
