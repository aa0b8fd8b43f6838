using System.Diagnostics;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>Long and repetitive texts cost time in proportion to their length.</summary>
[TestClass]
public sealed class LongTextTests
{
    // A byte-level and a SentencePiece-style tokenizer take different ways through the code.
    private static readonly string[] Models = ["rm-nano-base", "stories260K", "tinystories-656k"];

    [TestMethod]
    [DataRow("ten megabytes without spaces")]
    [DataRow("one letter")]
    [DataRow("spaces")]
    [DataRow("newlines")]
    [DataRow("one word")]
    [DataRow("apostrophes")]
    [DataRow("special tokens")]
    [DataRow("marks")]
    [Timeout(240_000, CooperativeCancellation = true)]
    public void Encode_LongText_TakesLinearTime(string kind)
    {
        foreach (string model in Models)
        {
            string directory = model == "rm-nano-base" ? TestData.Own("models", model) : TestData.SharedOrSkip("models", model);
            HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(directory);
            int length = kind.StartsWith("ten", StringComparison.Ordinal) ? 10_000_000 : 1_000_000;
            tokenizer.Encode(Text(kind, 1_000));
            TimeSpan small = Time(() => tokenizer.Encode(Text(kind, length / 8)));
            int[] ids = [];
            TimeSpan large = Time(() => ids = tokenizer.Encode(Text(kind, length)));
            Assert.IsNotEmpty(ids);

            // Eight times the text: 8 to 11 times the time where it is linear or n log n, 64 times where it is quadratic. Noise is allowed for.
            Assert.IsTrue(large < (30 * small) + TimeSpan.FromSeconds(1), $"{model}: {length / 8} characters {small}, {length} characters {large}");
        }
    }

    [TestMethod]
    public void Encode_LongText_EqualsTheSumOfItsLines()
    {
        // Words split at line ends in any case, so the text can be taken apart there; the long whole goes through the queue of merges.
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(TestData.Own("models", "rm-nano-base"));
        string[] lines = [.. RandomTexts.Make(41, 2_000).Select(text => "x" + text.ReplaceLineEndings("") + "x\n")];
        CollectionAssert.AreEqual(lines.SelectMany(line => tokenizer.Encode(line)).ToArray(), tokenizer.Encode(string.Concat(lines)));
    }

    private static TimeSpan Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start);
    }

    private static string Text(string kind, int length)
    {
        string unit = kind switch
        {
            "one letter" => "a",
            "spaces" => " ",
            "newlines" => "\n",
            "apostrophes" => "'",
            "special tokens" => "<|end|><s>",
            "marks" => "\u0301",
            _ => "",
        };
        if (unit.Length > 0)
        {
            return string.Concat(Enumerable.Repeat(unit, length / unit.Length));
        }

        Random random = new(3);
        return string.Create(length, random, static (span, random) =>
        {
            foreach (ref char c in span)
            {
                c = (char)('a' + random.Next(26));
            }
        });
    }
}
