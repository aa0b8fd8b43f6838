using System.Text.Json;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Scoring;
using Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models;

/// <summary>The tokenizer of a saved model, opened elsewhere. Needs Node, and npm once; skipped elsewhere.</summary>
[TestClass]
public sealed class SavedTokenizerTests
{
    [TestMethod]
    public void Save_ThenOpenWithTransformersInNode_GivesTheSameIds()
    {
        string modules = NodePackages.TransformersOrSkip();
        using TemporaryFolder folder = new();
        using (RewardModel model = RewardModel.Load(TestData.Own("models", "rm-nano-base")))
        {
            model.Save(folder["model"]);
        }

        HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Load(folder["model"]);
        string[] texts = [.. RandomTexts.Make(61, 2_000, ["<|user|>", "<|end|>", " <|bos|>"])];
        string[] lines = NodePackages.Encode(modules, "transformers", folder["model"], texts.Select(text => JsonSerializer.Serialize(text)));

        Assert.HasCount(texts.Length, lines);
        for (int i = 0; i < texts.Length; i++)
        {
            JsonElement line = JsonDocument.Parse(lines[i]).RootElement;
            CollectionAssert.AreEqual(Ids(line, "ids"), tokenizer.Encode(texts[i]), texts[i]);
            CollectionAssert.AreEqual(Ids(line, "special"), tokenizer.Encode(texts[i], addSpecialTokens: true), texts[i]);
            Assert.AreEqual(line.GetProperty("decoded").GetString(), tokenizer.Decode(tokenizer.Encode(texts[i])));
        }
    }

    private static int[] Ids(JsonElement line, string name) => [.. line.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
}
