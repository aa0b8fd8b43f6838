using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>The models Unigram, WordPiece and WordLevel; BPE is in <see cref="HuggingFaceTokenizerTests"/>.</summary>
[TestClass]
public sealed class TokenModelTests
{
    private const string Unigram = """{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",0],["b",0],["c",0],["d",0],["cd",1],["ab",2],["abc",5],["abcd",10]]}""";
    private const string WordPiece =
        """{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":8,"vocab":{"[UNK]":0,"un":1,"##aff":2,"##able":3,"una":4,"##ble":5,"𠀀":6,"##𠀀":7}}""";

    [TestMethod]
    // abcd has 10, abc + d only 5; what is unknown is one token, however long.
    [DataRow("abcdacdxx", "8 1 5 0")]
    [DataRow("abcx", "7 0")]
    [DataRow("xabcd𠀀y", "0 8 0")]
    [DataRow("ab", "6")]
    [DataRow("<unk>x", "0")]
    public void Encode_Unigram_TakesTheBestSum(string text, string expected) => Check(Unigram, text, expected);

    [TestMethod]
    public void Encode_UnigramWithByteFallback_WritesBytesForTheUnknown()
    {
        // U+00E9 is C3 A9, for which there are tokens; x has none.
        string model = Unigram.Replace("\"unk_id\":0", "\"unk_id\":0,\"byte_fallback\":true", StringComparison.Ordinal)
            .Replace("[\"abcd\",10]", "[\"abcd\",10],[\"<0xC3>\",-9],[\"<0xA9>\",-9]", StringComparison.Ordinal);
        Check(model, "aéb", "1 9 10 2");
        Check(model, "aéxb", "1 0 2");
    }

    [TestMethod]
    public void Encode_UnigramWithoutUnknownToken_NamesTheCharacter()
    {
        using TemporaryFolder folder = Folder("""{"type":"Unigram","vocab":[["a",0]]}""");
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder.Path);
        Assert.Contains("'x'", Assert.ThrowsExactly<RewardScoringException>(() => tokenizer.Encode("ax")).Message);
    }

    [TestMethod]
    // The longest beginning wins even where a shorter one would have gone on: "una" + "##ble", not "un" + "##able".
    [DataRow("unaff", "0")]
    [DataRow("unable", "4 5")]
    [DataRow("un𠀀able", "1 7 3")]
    [DataRow("𠀀able", "6 3")]
    [DataRow("unx", "0")]
    [DataRow("unableaff", "0")]
    [DataRow("unableaf", "0")]
    public void Encode_WordPiece_TakesTheLongestPieces(string text, string expected) => Check(WordPiece, text, expected);

    [TestMethod]
    public void Encode_WordLevel_IsWholeWordsOrUnknown()
    {
        string model = """{"type":"WordLevel","unk_token":"?","vocab":{"?":0,"ab":1}}""";
        Check(model, "ab", "1");
        Check(model, "abc", "0");
        Check(model.Replace("\"type\":\"WordLevel\",", "", StringComparison.Ordinal), "ab", "1");
        using TemporaryFolder folder = Folder("""{"type":"WordLevel","unk_token":"!","vocab":{"ab":1}}""");
        Assert.Contains("'!'", Assert.ThrowsExactly<RewardScoringException>(() => HuggingFaceTokenizer.Load(folder.Path).Encode("x")).Message);
    }

    private static void Check(string model, string text, string expected)
    {
        using TemporaryFolder folder = Folder(model);
        Assert.AreEqual(expected, string.Join(' ', HuggingFaceTokenizer.Load(folder.Path).Encode(text)));
    }

    private static TemporaryFolder Folder(string model) => TokenizerFolders.Write(new JsonObject { ["model"] = JsonNode.Parse(model) });
}
