using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>Normalizers, pre-tokenizers, added tokens, post-processors and decoders of tokenizer.json, one by one.</summary>
[TestClass]
public sealed class TokenizerPartsTests
{
    // Every printable ASCII character is a token and whole pieces are kept: ids tell where a text was split.
    private static readonly string[] Characters =
        [.. Enumerable.Range(32, 95).Select(i => ((char)i).ToString()), "▁", "é", "\u0301", "\u0307", "\n", "Ġ", "日", "𠀀", "١", "İ"];

    [TestMethod]
    [DataRow("""{"type":"Whitespace"}""", "ab, cd  e-f", "ab|,|cd|e|-|f")]
    [DataRow("""{"type":"WhitespaceSplit"}""", " ab, cd\ne ", "ab,|cd|e")]
    [DataRow("""{"type":"Punctuation"}""", "a,b.$c", "a|,|b|.|$|c")]
    [DataRow("""{"type":"Punctuation","behavior":"MergedWithPrevious"}""", "a,b.$c", "a,|b.|$|c")]
    [DataRow("""{"type":"Digits","individual_digits":true}""", "ab12c3", "ab|1|2|c|3")]
    [DataRow("""{"type":"Digits","individual_digits":false}""", "ab12c3", "ab|12|c|3")]
    [DataRow("""{"type":"CharDelimiterSplit","delimiter":"-"}""", "a-b--c", "a|b|c")]
    [DataRow("""{"type":"Split","pattern":{"String":"-"},"behavior":"Removed","invert":false}""", "a-b--c", "a|b|c")]
    [DataRow("""{"type":"Split","pattern":{"String":"-"},"behavior":"Isolated","invert":false}""", "a-b--c", "a|-|b|-|-|c")]
    [DataRow("""{"type":"Split","pattern":{"String":"-"},"behavior":"MergedWithPrevious","invert":false}""", "-a-b--c", "-|a-|b-|-|c")]
    [DataRow("""{"type":"Split","pattern":{"String":"-"},"behavior":"MergedWithNext","invert":false}""", "a-b--c-", "a|-b|-|-c|-")]
    [DataRow("""{"type":"Split","pattern":{"String":"-"},"behavior":"Contiguous","invert":false}""", "a-b--c", "a|-|b|--|c")]
    [DataRow("""{"type":"Split","pattern":{"Regex":"[a-c]+"},"behavior":"Removed","invert":true}""", "xabycz", "ab|c")]
    [DataRow("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", "ab c", "▁ab|▁c")]
    [DataRow("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":true}""", "ab c", "ab|▁c")]
    [DataRow("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", "ab c", "▁ab▁c")]
    [DataRow("""{"type":"Metaspace","replacement":"▁","add_prefix_space":true}""", " ab", "▁ab")]
    [DataRow("""{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"Split","pattern":{"Regex":"a|b"},"behavior":"Isolated","invert":false}]}""", "ab1", "a|b|1")]
    [DataRow("""{"type":"ByteLevel","add_prefix_space":true,"use_regex":true}""", "ab cd's", "Ġab|Ġcd|'s")]
    [DataRow("""{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""", "ab cd", "abĠcd")]
    [DataRow("""{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},{"type":"Digits","individual_digits":true}]}""", "ab 12", "ab|Ġ|1|2")]
    [DataRow("""{"type":"BertPreTokenizer"}""", "ab, cd\n-e", "ab|,|cd|-|e")]
    [DataRow("""{"type":"Whitespace"}""", "a\u200db,\u00e9", "a\u200db|,|é")]
    [DataRow("""{"type":"FixedLength","length":2}""", "ab𠀀cd", "ab|𠀀c|d")]
    [DataRow("""{"type":"UnicodeScripts"}""", " ab é日アc", "ab é|日ア|c")]
    public void PreTokenizer_Text_IsSplitAsSpecified(string preTokenizer, string text, string expected) =>
        Assert.AreEqual(expected, string.Join('|', Pieces(root => root["pre_tokenizer"] = JsonNode.Parse(preTokenizer), text, expected.Split('|'))));

    [TestMethod]
    // Characters beyond U+FFFF are letters, numbers and symbols, not halves of something.
    [DataRow(@"\p{L}+", "a𠀀b-", "a𠀀b|-")]
    [DataRow(@"[^\p{L}]", "𠀀-𠀀", "𠀀|-|𠀀")]
    [DataRow(@"\p{N}{1,2}", "12345", "12|34|5")]
    [DataRow(@"\p{Nd}", "1١", "1|١")]
    [DataRow(@"(?i:'s|'t)", "a's'T's", "a|'s|'T|'s")]
    [DataRow(@"'(?i:[sk])", "'S'k", "'S|'k")]
    [DataRow(@"a++b?+", "aab-a", "aab|-|a")]
    [DataRow(@"[\]\-x]", "a]-x", "a|]|-|x")]
    [DataRow(@"\x61|\x{62}|\u0063", "abcd", "a|b|c|d")]
    [DataRow(@"a(?!b)|(?<=a)b", "abac", "a|b|a|c")]
    [DataRow(@".", "a\nb", "a|\n|b")]
    [DataRow(@"\s+(?!\S)|\s+", "a   b", "a|  | |b")]
    [DataRow(@"(?i)AB|c", "abC", "ab|C")]
    [DataRow(@"\w", "a-é", "a|-|é")]
    [DataRow(@"\p{Han}+", "a日𠀀b", "a|日𠀀|b")]
    [DataRow(@"[^\p{Han}]", "a日𠀀b", "a|日𠀀|b")]
    [DataRow(@"\P{Han}", "ab日𠀀", "a|b|日𠀀")]
    [DataRow(@"[\p{Hiragana}\p{Katakana}]+", "日あア", "日|あア")]
    public void Regex_OfTheFile_MatchesAsOniguruma(string pattern, string text, string expected) =>
        Assert.AreEqual(expected, string.Join('|', Pieces(
            root => root["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false,
            },
            text,
            expected.Split('|'))));

    [TestMethod]
    [DataRow(@"\p{Arabic}")]
    [DataRow(@"a{1001}")]
    [DataRow(@"((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))")]
    [DataRow(@"[a[bc]]")]
    [DataRow(@"[a&&b]")]
    [DataRow(@"(?<name>a)")]
    [DataRow(@"(?m:a)")]
    [DataRow(@"\h")]
    [DataRow(@"\bword")]
    [DataRow(@"[\u0000-\uFFFF]")]
    [DataRow(@"(?i:ß)")]
    [DataRow(@"a{2}?")]
    [DataRow(@"(a")]
    [DataRow(@"a)")]
    [DataRow(@"[a")]
    public void Regex_WhatIsNotTranslated_IsRefusedByName(string pattern)
    {
        RewardScoringException exception = LoadFails(root => root["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = "Isolated", ["invert"] = false,
        });
        Assert.Contains(pattern, exception.Message);
    }

    [TestMethod]
    [DataRow("""{"type":"Prepend","prepend":"▁"}""", "ab", "▁ab")]
    [DataRow("""{"type":"Replace","pattern":{"String":" "},"content":"▁"}""", "a b ", "a▁b▁")]
    [DataRow("""{"type":"Replace","pattern":{"Regex":" +"},"content":"-"}""", "a   b", "a-b")]
    [DataRow("""{"type":"NFC"}""", "e\u0301", "é")]
    [DataRow("""{"type":"NFD"}""", "é", "e\u0301")]
    [DataRow("""{"type":"NFKC"}""", "\uFB01x\uFFFE", "fix")]
    [DataRow("""{"type":"Lowercase"}""", "ABİ", "abi\u0307")]
    [DataRow("""{"type":"Strip","strip_left":true,"strip_right":false}""", "  a ", "a ")]
    [DataRow("""{"type":"Nmt"}""", "a\u0001\tb\u200bc", "a b c")]
    [DataRow("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", "É\u0000日\tB", "e 日  b")]
    [DataRow("""{"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":false,"strip_accents":null,"lowercase":false}""", "é日", "é日")]
    [DataRow("""{"type":"ByteLevel"}""", " a", "Ġa")]
    [DataRow("""{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"},{"type":"Lowercase"}]}""", "É", "e")]
    public void Normalizer_Text_IsChangedAsSpecified(string normalizer, string text, string expected) =>
        Assert.AreEqual(expected, string.Concat(Pieces(root => root["normalizer"] = JsonNode.Parse(normalizer), text, [])));

    [TestMethod]
    public void AddedTokens_InTheText_AreFoundAsSpecified()
    {
        void Root(JsonObject root)
        {
            root["normalizer"] = JsonNode.Parse("""{"type":"Lowercase"}""");
            root["added_tokens"] = new JsonArray(
                Added(200, "<x>"), Added(201, "<x>y"), Added(202, "[l]", lstrip: true), Added(203, "[r]", rstrip: true),
                Added(204, "word", singleWord: true), Added(205, "norm", normalized: true), Added(206, "<s>", special: true));
        }

        // The longest token of those that begin first; white space goes with the tokens that ask for it.
        Check("a<x>yb<x>", "a", 201, "b", 200);
        Check("a  [l] b", "a", 202, " ", "b");
        Check("a [r]  b", "a", " ", 203, "b");
        Check("[r]  [l]a", 203, 202, "a");
        Check("word sword word", 204, " ", "s", "w", "o", "r", "d", " ", 204);
        Check("NORM norm", 205, " ", 205);
        Check("<X>", "<", "x", ">");
        Check("<s>", 206);

        void Check(string text, params object[] expected)
        {
            using TemporaryFolder folder = HuggingFaceTokenizerTests.Bpe(Characters, [], root: Root);
            HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder.Path);
            int[] ids = [.. expected.Select(item => item is int id ? id : Array.IndexOf(Characters, (string)item))];
            CollectionAssert.AreEqual(ids, tokenizer.Encode(text), text);
            Assert.IsTrue(tokenizer.IsSpecial(206));
            Assert.IsFalse(tokenizer.IsSpecial(200));
            Assert.AreEqual(207, tokenizer.VocabularySize);
        }
    }

    [TestMethod]
    [DataRow("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"B","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"E","type_id":0}}],"pair":[],"special_tokens":{"B":{"id":"B","ids":[1,2],"tokens":["B"]},"E":{"id":"E","ids":[3],"tokens":["E"]}}}""", "1 2 65 3")]
    [DataRow("""{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"BertProcessing","sep":["s",9],"cls":["c",8]}]}""", "8 65 9")]
    [DataRow("""{"type":"ByteLevel","trim_offsets":false}""", "65")]
    public void PostProcessor_SpecialTokens_AreAddedWhenAsked(string processor, string expected)
    {
        using TemporaryFolder folder = HuggingFaceTokenizerTests.Bpe(Characters, [], root: root => root["post_processor"] = JsonNode.Parse(processor));
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder.Path);
        Assert.AreEqual(expected, string.Join(' ', tokenizer.Encode("a", addSpecialTokens: true)));
        Assert.AreEqual("65", string.Join(' ', tokenizer.Encode("a")));
    }

    [TestMethod]
    public void Config_LlamaSwitches_RebuildTheTemplate()
    {
        using TemporaryFolder folder = HuggingFaceTokenizerTests.Bpe(Characters, []);
        File.WriteAllText(
            folder["tokenizer_config.json"],
            """{"tokenizer_class":"LlamaTokenizer","add_bos_token":true,"add_eos_token":true,"bos_token":"<","eos_token":{"content":">"}}""");
        Assert.AreEqual("28 65 30", string.Join(' ', HuggingFaceTokenizer.Load(folder.Path).Encode("a", addSpecialTokens: true)));
    }

    [TestMethod]
    [DataRow("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}""", "▁a▁b", "a b")]
    [DataRow("""{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""", "▁▁a▁b", " a b")]
    [DataRow("""{"type":"BPEDecoder","suffix":"-"}""", "a-b-", "a b")]
    [DataRow("""{"type":"WordPiece","prefix":"#","cleanup":true}""", "ab,", "a b,")]
    [DataRow("""{"type":"WordPiece","prefix":"#","cleanup":false}""", "ab,", "a b ,")]
    [DataRow("""{"type":"CTC","pad_token":"-","word_delimiter_token":"|","cleanup":true}""", "aa-ab|c", "aab c")]
    public void Decoder_Tokens_AreJoinedAsSpecified(string decoder, string text, string expected)
    {
        using TemporaryFolder folder = HuggingFaceTokenizerTests.Bpe(Characters, [], root: root => root["decoder"] = JsonNode.Parse(decoder));
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder.Path);
        string found = tokenizer.Decode(tokenizer.Encode(text));
        Assert.AreEqual(expected, found);
    }

    [TestMethod]
    [DataRow("""{"model":{"type":"Odd","vocab":{}}}""", "the model 'Odd'")]
    [DataRow("""{"model":{"vocab":{}}}""", "the model 'without type'")]
    [DataRow("""{"model":{"type":"Unigram","vocab":[["a"]]}}""", "entry 0 of 'vocab'")]
    [DataRow("""{"model":{"type":"Unigram","vocab":[["a",0]],"unk_id":1}}""", "unk_id is 1")]
    [DataRow("""{"model":{"type":"WordPiece","vocab":[]}}""", "no object of token to id")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "'b', which is not in the vocabulary")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a"]}}""", "merge 0 is")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "id of token 'a'")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"dropout":0.1}}""", "dropout 0.1")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[],"unk_token":"u"}}""", "unk_token 'u'")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Odd"}}""", "the normalizer 'Odd'")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"normalizer":{"type":"Precompiled","precompiled_charsmap":"AQ=="}}""", "precompiled_charsmap")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Odd"}}""", "the pre-tokenizer 'Odd'")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"decoder":{"type":"Odd"}}""", "the decoder 'Odd'")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"post_processor":{"type":"Odd"}}""", "the post-processor 'Odd'")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":[{"id":1,"content":"a"}]}""", "added token 'a'")]
    [DataRow("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"added_tokens":7}""", "expected a list")]
    [DataRow("""{"model":7}""", "tokenizer.json")]
    [DataRow("""{}""", "'model' is missing")]
    [DataRow("""[]""", "expected a JSON object")]
    [DataRow("""{"model":""", "not valid JSON")]
    public void Load_NotSupportedOrDamaged_NamesIt(string json, string expected)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["tokenizer.json"], json);
        RewardScoringException exception = Assert.ThrowsExactly<RewardScoringException>(() => HuggingFaceTokenizer.Load(folder.Path));
        Assert.Contains(expected, exception.Message);
        Assert.Contains("tokenizer.json", exception.Message);
    }

    private static JsonObject Added(
        int id, string content, bool lstrip = false, bool rstrip = false, bool singleWord = false, bool normalized = false, bool special = false) => new()
        {
            ["id"] = id, ["content"] = content, ["lstrip"] = lstrip, ["rstrip"] = rstrip, ["single_word"] = singleWord, ["normalized"] = normalized,
            ["special"] = special,
        };

    private static RewardScoringException LoadFails(Action<JsonObject> root)
    {
        using TemporaryFolder folder = HuggingFaceTokenizerTests.Bpe(Characters, [], root: root);
        return Assert.ThrowsExactly<RewardScoringException>(() => HuggingFaceTokenizer.Load(folder.Path));
    }

    // The tokens of a text where every expected piece is a token of its own; what is split otherwise falls into characters.
    private static string[] Pieces(Action<JsonObject> root, string text, string[] expected)
    {
        string[] vocabulary = [.. Characters.Concat(expected).Distinct()];
        using TemporaryFolder folder = HuggingFaceTokenizerTests.Bpe(vocabulary, [], model => model["ignore_merges"] = expected.Length > 0, root);
        return [.. HuggingFaceTokenizer.Load(folder.Path).Encode(text).Select(id => vocabulary[id])];
    }
}
