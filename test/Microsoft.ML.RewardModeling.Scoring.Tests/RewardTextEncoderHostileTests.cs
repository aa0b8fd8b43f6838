using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests;

/// <summary>Input that nobody should send has a defined result or a clear error.</summary>
[TestClass]
public sealed class RewardTextEncoderHostileTests
{
    private static readonly string[] Folders = ["rm-nano-base", "stories260K"];

    [TestMethod]
    public void Encode_LoneSurrogates_AreReplacementCharacters()
    {
        foreach (RewardTextEncoder encoder in Encoders())
        {
            foreach ((string odd, string expected) in (ReadOnlySpan<(string, string)>)[("\ud800", "\ufffd"), ("a\udc00b", "a\ufffdb"), ("\udc00\ud800", "\ufffd\ufffd")])
            {
                CollectionAssert.AreEqual(
                    encoder.Encode([new("user", expected)], expected).Ids, encoder.Encode([new("user", odd)], odd).Ids);
            }
        }
    }

    [TestMethod]
    [DataRow("\0")]
    [DataRow("a\0b\u0001\u007f\ufeff\ufffe\uffff")]
    [DataRow("\r\n\t \u2028\u200b\u202e")]
    public void Encode_ControlCharacters_AreText(string odd)
    {
        foreach (RewardTextEncoder encoder in Encoders())
        {
            EncodedText text = encoder.Encode([new("user", $"x{odd}y")], $"x{odd}y");
            Assert.Contains($"x{odd}y", encoder.Tokenizer.Decode(text.Ids, skipSpecialTokens: true));
            Assert.IsFalse(text.Truncated);
        }
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" ")]
    [DataRow("\n")]
    public void Encode_EmptyAnswerAndPrompt_AreMarksOnly(string empty)
    {
        foreach (RewardTextEncoder encoder in Encoders())
        {
            EncodedText text = encoder.Encode([new("user", empty)], empty);
            Assert.IsGreaterThanOrEqualTo(2, text.Ids.Length);
            Assert.IsTrue(text.PromptLength >= 1 && text.PromptLength < text.Ids.Length);
            EncodedText answered = encoder.Encode([new("user", empty)], "yes");
            Assert.IsFalse(text.Ids.SequenceEqual(answered.Ids));
        }
    }

    [TestMethod]
    public void Encode_OnlySpecialTokens_AreWords()
    {
        foreach (RewardTextEncoder encoder in Encoders())
        {
            string end = encoder.Tokenizer.EosToken!;
            int expected = encoder.Encode([new("user", "a")], "b").Ids.Count(encoder.Tokenizer.IsSpecial);
            string many = string.Concat(Enumerable.Repeat(end, 10));
            EncodedText text = encoder.Encode([new("user", many)], many);
            Assert.AreEqual(expected, text.Ids.Count(encoder.Tokenizer.IsSpecial));
            Assert.Contains(many, encoder.Tokenizer.Decode(text.Ids));
        }
    }

    [TestMethod]
    [Timeout(240_000, CooperativeCancellation = true)]
    public void Encode_TenMegabytes_IsCutAndSaysSo()
    {
        foreach (RewardTextEncoder encoder in Encoders())
        {
            string words = string.Concat(Enumerable.Repeat("some words, then \ud800 ", 500_000));
            EncodedText prompt = encoder.Encode([new("user", words)], "the answer");
            Assert.IsTrue(prompt.Truncated);
            Assert.HasCount(encoder.MaxLength, prompt.Ids);
            Assert.Contains("the answer", encoder.Tokenizer.Decode(prompt.Ids, skipSpecialTokens: true));

            EncodedText answer = encoder.Encode([new("user", "the question")], new string('x', 10_000_000));
            Assert.IsTrue(answer.Truncated);
            Assert.HasCount(encoder.MaxLength, answer.Ids);
        }
    }

    private static IEnumerable<RewardTextEncoder> Encoders() => Folders.Select(name =>
        RewardTextEncoder.Load(name == "rm-nano-base" ? TestData.Own("models", name) : TestData.SharedOrSkip("models", name)));
}
