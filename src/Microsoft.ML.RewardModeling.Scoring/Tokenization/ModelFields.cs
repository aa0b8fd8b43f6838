using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Reading what several models of tokenizer.json have in common.</summary>
internal static class ModelFields
{
    /// <summary>A vocabulary that is an object of token to id.</summary>
    public static Dictionary<string, int> Vocabulary(JsonElement model, string where)
    {
        JsonElement vocab = model.Required("vocab", where);
        if (vocab.ValueKind != JsonValueKind.Object)
        {
            throw new RewardScoringException($"{where}: 'vocab' is no object of token to id. Expected the vocabulary of this model type.");
        }

        Dictionary<string, int> vocabulary = new(vocab.GetPropertyCount(), StringComparer.Ordinal);
        foreach (JsonProperty entry in vocab.EnumerateObject())
        {
            vocabulary[entry.Name] = entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt32(out int id) && id is >= 0 and < int.MaxValue
                ? id
                : throw new RewardScoringException(
                    $"{where}: the id of token '{entry.Name}' is {JsonFields.Short(entry.Value)}; expected an integer from 0.");
        }

        return vocabulary;
    }

    /// <summary>The ids of the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>, -1 for those that are missing.</summary>
    public static int[] ByteTokens(Dictionary<string, int> vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(b => vocabulary.GetValueOrDefault($"<0x{b:X2}>", -1))];

    /// <summary>An optional text; empty when the file has none.</summary>
    public static string OptionalText(this JsonElement model, string name, string where) =>
        model.TryGet(name, out _) ? model.Text(name, where) : "";
}
