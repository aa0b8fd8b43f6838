using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Scoring;

namespace RewardModeling.Tool.Inspection;

/// <summary>What there is to say about a tokenizer.</summary>
internal static class TokenizerFacts
{
    public static JsonObject Describe(HuggingFaceTokenizer tokenizer) => new()
    {
        ["vocabulary_size"] = tokenizer.VocabularySize,
        ["bos_token"] = tokenizer.BosToken,
        ["eos_token"] = tokenizer.EosToken,
        ["pad_token"] = tokenizer.PadToken,
    };
}
