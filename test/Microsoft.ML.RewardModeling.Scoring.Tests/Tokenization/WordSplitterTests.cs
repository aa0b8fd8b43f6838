using System.Text;
using Microsoft.ML.RewardModeling.Scoring.Tokenization;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>The words found by hand are those of the regular expressions.</summary>
[TestClass]
public sealed class WordSplitterTests
{
    [TestMethod]
    [DataRow(WordSplitter.Gpt2)]
    [DataRow(WordSplitter.Llama3)]
    [DataRow(WordSplitter.Qwen2)]
    public void End_RandomTexts_EqualsTheRegularExpression(string pattern)
    {
        WordSplitter words = WordSplitter.For(pattern)!;
        SplitPattern regex = OnigurumaPattern.Parse(pattern, "test");
        foreach (string text in RandomTexts.Make(seed: 11, count: 20_000))
        {
            string well = Encoding.Unicode.GetString(Encoding.Unicode.GetBytes(text));
            List<Part> expected = [];
            regex.Find(well, expected);
            List<int> ends = [];
            for (int start = 0; start < well.Length; start = ends[^1])
            {
                ends.Add(words.End(well, start));
            }

            Assert.IsTrue(expected.TrueForAll(part => part.IsMatch), "the expression leaves gaps");
            if (!ends.SequenceEqual(expected.Select(part => part.Start + part.Length)))
            {
                Assert.Fail($"{pattern} on {string.Join(' ', well.Select(c => $"{(int)c:X4}"))}: {string.Join(' ', ends)}");
            }
        }
    }

    [TestMethod]
    [DataRow(WordSplitter.Gpt2)]
    [DataRow(WordSplitter.Qwen2)]
    public void End_EveryCharacterBetweenOthers_EqualsTheRegularExpression(string pattern)
    {
        WordSplitter words = WordSplitter.For(pattern)!;
        SplitPattern regex = OnigurumaPattern.Parse(pattern, "test");
        StringBuilder all = new();
        for (int c = 0; c <= 0x10FFFF; c += c < 0x30000 ? 1 : 97)
        {
            if (Rune.IsValid(c))
            {
                all.Append(new Rune(c).ToString()).Append((c % 5) switch { 0 => "a", 1 => " ", 2 => "1", 3 => "-", _ => "\n" });
            }
        }

        string text = all.ToString();
        List<Part> expected = [];
        regex.Find(text, expected);
        int start = 0;
        foreach (Part part in expected)
        {
            Assert.AreEqual(part.Start, start);
            start = words.End(text, start);
            Assert.AreEqual(part.Start + part.Length, start, $"after U+{(int)text[part.Start]:X4}");
        }
    }
}
