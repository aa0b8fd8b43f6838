using System.Text;
using Microsoft.ML.RewardModeling.Scoring;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>Compares an exported model, through the scorer that will serve it, with the trained one.</summary>
internal static class ParityCheck
{
    private const string Prompt = "Explain to a new colleague how the work of the day is planned, and why.";
    private const int LongestBuiltIn = 2048;

    // Plain prose with digits, punctuation and some non-ASCII letters, repeated to the wanted length.
    private const string Prose =
        "Every morning we look at what was finished, what is still open and who needs help. A plan of 3 to 5 items is enough; "
        + "anything longer is forgotten by noon. Note the reason beside each item (\"customer waits\", \"blocks the release\"), "
        + "since a reason lets others decide when you're away. Naïve estimates are fine: 2 h, half a day, a week. "
        + "What matters is that nothing is promised twice. ";

    /// <summary>Scores all texts both ways and returns the manifest with the measured difference.</summary>
    /// <exception cref="RewardModelingException">A reward is not a number or differs by more than the tolerance.</exception>
    public static ExportManifest Run(
        string onnxDirectory, OnnxExportOptions options, Func<IReadOnlyList<int[]>, float[]> reference, CancellationToken cancellationToken)
    {
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(onnxDirectory);
        ChatTurn[] prompt = [new("user", Prompt)];
        int[][] ids = options.ParityTexts is { } texts
            ? [.. texts.Select(t => scorer.Encoder.Encode(prompt, t).Ids)]
            : BuiltInTexts(scorer.Encoder, prompt);
        cancellationToken.ThrowIfCancellationRequested();
        float[] expected = reference(ids);
        float[] actual = scorer.ScoreIds(ids, cancellationToken);
        return scorer.Manifest with
        {
            ParityMaxAbs = Compare(ids, expected, actual, options.ParityTolerance),
            ParityTexts = ids.Length,
        };
    }

    /// <summary>The largest absolute difference, or an error that names the worst text.</summary>
    internal static double Compare(IReadOnlyList<int[]> ids, float[] expected, float[] actual, double tolerance)
    {
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)expected[i] - actual[i]);
            // Written so that a NaN on either side fails too.
            if (!(difference <= tolerance))
            {
                throw new RewardModelingException(
                    $"The exported model does not agree with the trained one: on a text of {ids[i].Length} tokens the trained model gives {expected[i]:R} and the "
                    + $"ONNX graph {actual[i]:R}, a difference of {difference:R}; expected at most {tolerance:R}. The export was not written. "
                    + "Check that the model's weights are finite; if the difference is small and acceptable, raise ParityTolerance.");
            }

            worst = Math.Max(worst, difference);
        }

        return worst;
    }

    private static int[][] BuiltInTexts(RewardTextEncoder encoder, ChatTurn[] prompt)
    {
        int longest = Math.Min(encoder.MaxLength, LongestBuiltIn);
        var ids = new List<int[]> { encoder.Encode(prompt, "Yes.").Ids };
        foreach (int target in (int[])[longest / 16, longest / 4, longest / 2, longest])
        {
            ids.Add(encoder.Encode(prompt, TextOf(encoder, prompt, target)).Ids);
        }

        return [.. ids];
    }

    /// <summary>Prose that encodes to about <paramref name="target"/> ids, never more unless one sentence already is.</summary>
    private static string TextOf(RewardTextEncoder encoder, ChatTurn[] prompt, int target)
    {
        var text = new StringBuilder(Prose);
        int unit = encoder.Encode(prompt, Prose).Ids.Length;
        int step = Math.Max(1, encoder.Encode(prompt, Prose + Prose).Ids.Length - unit);
        for (int count = (target - unit) / step; count > 0; count--)
        {
            text.Append(Prose);
        }

        return unit > target ? Prose[..Math.Max(1, Prose.Length * target / (2 * unit))] : text.ToString();
    }
}
