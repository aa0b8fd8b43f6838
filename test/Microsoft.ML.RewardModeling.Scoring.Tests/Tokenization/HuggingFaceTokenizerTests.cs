using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

[TestClass]
public sealed class HuggingFaceTokenizerTests
{
    private static readonly string OwnFolder = TestData.Own("models", "rm-nano-base");

    [TestMethod]
    public void Load_OwnBackbone_HasItsSpecialTokens()
    {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(OwnFolder);
        Assert.AreEqual(4096, tokenizer.VocabularySize);
        Assert.AreEqual(("<|bos|>", 1), (tokenizer.BosToken, tokenizer.BosTokenId));
        Assert.AreEqual(("<|end|>", 2), (tokenizer.EosToken, tokenizer.EosTokenId));
        Assert.AreEqual(("<|pad|>", 0), (tokenizer.PadToken, tokenizer.PadTokenId));
        Assert.IsNull(tokenizer.UnkToken);
        Assert.IsTrue(tokenizer.IsSpecial(3));
        Assert.IsFalse(tokenizer.IsSpecial(5));
        Assert.IsFalse(tokenizer.IsSpecial(-1));
        Assert.AreEqual("<|end|>", tokenizer.SpecialTokens["eos_token"]);
        Assert.IsFalse(tokenizer.SpecialTokens.ContainsKey("unk_token"));
        Assert.Contains("<|assistant|>", tokenizer.ChatTemplateSource!);
    }

    [TestMethod]
    public void Decode_OwnReferenceCases_GivesTheTextBack()
    {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(OwnFolder);
        foreach ((string text, int[] ids) in TokenizerFolders.Cases(Path.Combine(OwnFolder, "tokenizer_cases.jsonl")))
        {
            Assert.AreEqual(text, tokenizer.Decode(ids));
        }
    }

    [TestMethod]
    [DataRow("stories260K")]
    [DataRow("aidreams260K")]
    public void Decode_ByteFallbackReferenceCases_GivesTheTextBack(string name)
    {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(TestData.SharedOrSkip("models", name));
        foreach ((string text, int[] ids) in TokenizerFolders.Cases(TestData.SharedOrSkip("models", name, "tokenizer_cases.json")))
        {
            // The mark U+2581 stands for a space: a text that has it itself does not come back.
            Assert.AreEqual(text.Replace('\u2581', ' '), tokenizer.Decode(ids, skipSpecialTokens: true));
        }
    }

    [TestMethod]
    public void Decode_Qwen3Cases_GivesTheComposedTextBack()
    {
        using TemporaryFolder folder = TokenizerFolders.Qwen3();
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder.Path);
        foreach ((string text, int[] ids) in TokenizerFolders.Cases(TestData.SharedOrSkip("tokenizers", "qwen3", "cases.jsonl")))
        {
            Assert.AreEqual(text.Normalize(), tokenizer.Decode(ids));
        }

        Assert.AreEqual(151669, tokenizer.VocabularySize);
        Assert.IsNull(tokenizer.BosToken);
    }

    [TestMethod]
    public void Decode_SpecialAndUnknownIds_AreKeptOrLeftOut()
    {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(OwnFolder);
        int[] ids = [1, .. tokenizer.Encode("Hi"), 2, 999_999, -5];
        Assert.AreEqual("<|bos|>Hi<|end|>", tokenizer.Decode(ids));
        Assert.AreEqual("Hi", tokenizer.Decode(ids, skipSpecialTokens: true));
        Assert.AreEqual("", tokenizer.Decode([]));
    }

    [TestMethod]
    public void Encode_OddText_HasADefinedResult()
    {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(OwnFolder);
        Assert.IsEmpty(tokenizer.Encode(""));
        Assert.AreEqual("a\0b", tokenizer.Decode(tokenizer.Encode("a\0b")));
        foreach (string text in (string[])["\ud800", "a\ud800b", "\udc00\ud800", "🙂\udc00"])
        {
            string expected = text.StartsWith("🙂", StringComparison.Ordinal) ? "🙂\ufffd" : text.Replace('\ud800', '\ufffd').Replace('\udc00', '\ufffd');
            CollectionAssert.AreEqual(tokenizer.Encode(expected), tokenizer.Encode(text));
            Assert.AreEqual(expected, tokenizer.Decode(tokenizer.Encode(text)));
        }

        Assert.ThrowsExactly<ArgumentNullException>(() => tokenizer.Encode(null!));
    }

    [TestMethod]
    public void Encode_EveryThread_GivesTheSameIds()
    {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(OwnFolder);
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"text number {i % 17} with wörds {i * i} and 日本 {i}")];
        int[][] expected = [.. texts.Select(text => HuggingFaceTokenizer.Load(OwnFolder).Encode(text)).Take(20)];
        int[][] found = new int[texts.Length][];
        Parallel.For(0, texts.Length, i => found[i] = tokenizer.Encode(texts[i]));
        for (int i = 0; i < expected.Length; i++)
        {
            CollectionAssert.AreEqual(expected[i], found[i]);
        }
    }

    [TestMethod]
    [Timeout(20_000, CooperativeCancellation = true)]
    public void Encode_LongTextWithoutPreTokenizer_IsNotQuadratic()
    {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(TestData.SharedOrSkip("models", "stories260K"));
        string text = string.Concat(Enumerable.Repeat("Once upon a time there was a little girl. ", 10_000));
        int[] ids = tokenizer.Encode(text);
        Assert.AreEqual(text, tokenizer.Decode(ids));
        Assert.IsTrue(ids.Length < text.Length / 1.4);
    }

    [TestMethod]
    public void Encode_SeveralParts_EqualsTheMergesDoneByHand()
    {
        // Merges: a+b (0), ab+c (1), b+c (2). "abc" -> ab c -> abc; "bcab" -> bc stays apart until ab is merged: b c ab -> bc ab.
        using TemporaryFolder folder = Bpe(["a", "b", "c", "ab", "abc", "bc"], ["a b", "ab c", "b c"]);
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder.Path);
        CollectionAssert.AreEqual((int[])[4], tokenizer.Encode("abc"));
        CollectionAssert.AreEqual((int[])[5, 3], tokenizer.Encode("bcab"));
        CollectionAssert.AreEqual((int[])[4, 4, 3], tokenizer.Encode("abcabcab"));
    }

    [TestMethod]
    public void Encode_ShortAndLongMergePaths_GiveTheSameIds()
    {
        using TemporaryFolder folder = Bpe(["a", "b", "ab", "ba", "aba", "bb", "abab"], ["b a", "a b", "a ba", "b b", "ab ab"]);
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder.Path);
        Random random = new(5);
        for (int i = 0; i < 500; i++)
        {
            // Texts of up to 24 symbols take the short path, longer ones the queue.
            string text = new([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(2) == 0 ? 'a' : 'b')]);
            CollectionAssert.AreEqual(Greedy(text), tokenizer.Encode(text).Select(id => tokenizer.Decode([id])).ToArray(), text);
        }

        static string[] Greedy(string text)
        {
            (string, string)[] merges = [("b", "a"), ("a", "b"), ("a", "ba"), ("b", "b"), ("ab", "ab")];
            List<string> parts = [.. text.Select(c => c.ToString())];
            while (true)
            {
                (int Rank, int Position) best = Enumerable.Range(0, Math.Max(0, parts.Count - 1))
                    .Select(i => (Rank: Array.IndexOf(merges, (parts[i], parts[i + 1])), Position: i))
                    .Where(candidate => candidate.Rank >= 0).DefaultIfEmpty((-1, -1)).Min();
                if (best.Rank < 0)
                {
                    return [.. parts];
                }

                parts[best.Position] += parts[best.Position + 1];
                parts.RemoveAt(best.Position + 1);
            }
        }
    }

    [TestMethod]
    public void Encode_MergeAcrossTheStartOfAWord_IsDone()
    {
        // Words are taken one by one, except behind ">", where Gemma 3 has one merge too.
        using TemporaryFolder folder = Bpe(["a", "b", ">", "▁", "▁b", ">▁b", "▁a", "▁▁"], ["▁ b", "> ▁b", "▁ a", "▁ ▁"]);
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder.Path);
        CollectionAssert.AreEqual((int[])[5], tokenizer.Encode(">▁b"));
        CollectionAssert.AreEqual((int[])[0, 4, 5, 6], tokenizer.Encode("a▁b>▁b▁a"));
        CollectionAssert.AreEqual((int[])[2, 3, 4, 0, 3, 6], tokenizer.Encode(">▁▁ba▁▁a"));
        int[] once = tokenizer.Encode("a▁b>▁b▁a");
        CollectionAssert.AreEqual(
            Enumerable.Repeat(once, 30).SelectMany(ids => ids).ToArray(), tokenizer.Encode(string.Concat(Enumerable.Repeat("a▁b>▁b▁a", 30))));
    }

    [TestMethod]
    public void Encode_IgnoreMerges_TakesTheWholeWord()
    {
        using TemporaryFolder merged = Bpe(["a", "b", "c", "ab", "abc"], ["a b"]);
        using TemporaryFolder whole = Bpe(["a", "b", "c", "ab", "abc"], ["a b"], model => model["ignore_merges"] = true);
        CollectionAssert.AreEqual((int[])[3, 2], HuggingFaceTokenizer.Load(merged.Path).Encode("abc"));
        CollectionAssert.AreEqual((int[])[4], HuggingFaceTokenizer.Load(whole.Path).Encode("abc"));
    }

    [TestMethod]
    public void Encode_UnknownCharacters_AreFusedDroppedOrFallBackToBytes()
    {
        string[] vocabulary = ["a", "?"];
        using TemporaryFolder dropped = Bpe(vocabulary, []);
        using TemporaryFolder separate = Bpe(vocabulary, [], model => model["unk_token"] = "?");
        using TemporaryFolder fused = Bpe(vocabulary, [], model => (model["unk_token"], model["fuse_unk"]) = ("?", true));
        using TemporaryFolder bytes = Bpe([.. vocabulary, "<0xC3>", "<0xA9>"], [], model => (model["unk_token"], model["byte_fallback"]) = ("?", true));
        CollectionAssert.AreEqual((int[])[0, 0], HuggingFaceTokenizer.Load(dropped.Path).Encode("axya"));
        CollectionAssert.AreEqual((int[])[0, 1, 1, 0], HuggingFaceTokenizer.Load(separate.Path).Encode("axya"));
        CollectionAssert.AreEqual((int[])[0, 1, 0], HuggingFaceTokenizer.Load(fused.Path).Encode("axya"));
        CollectionAssert.AreEqual((int[])[0, 2, 3, 1], HuggingFaceTokenizer.Load(bytes.Path).Encode("aéż"));
    }

    [TestMethod]
    public void Encode_MergesAsPairs_EqualMergesAsText()
    {
        using TemporaryFolder folder = Bpe(["a", " ", "a "], [], model => model["merges"] = new JsonArray(new JsonArray("a", " ")));
        CollectionAssert.AreEqual((int[])[2, 0], HuggingFaceTokenizer.Load(folder.Path).Encode("a a"));
    }

    internal static TemporaryFolder Bpe(string[] vocabulary, string[] merges, Action<JsonObject>? change = null, Action<JsonObject>? root = null)
    {
        JsonObject vocab = [];
        foreach (string token in vocabulary)
        {
            vocab[token] = vocab.Count;
        }

        JsonObject model = new() { ["type"] = "BPE", ["vocab"] = vocab, ["merges"] = new JsonArray([.. merges.Select(merge => (JsonNode)merge)]) };
        change?.Invoke(model);
        JsonObject file = new() { ["model"] = model, ["decoder"] = new JsonObject { ["type"] = "Fuse" } };
        root?.Invoke(file);
        return TokenizerFolders.Write(file);
    }
}
