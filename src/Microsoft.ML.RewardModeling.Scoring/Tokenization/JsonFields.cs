using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Typed reading of JSON objects with errors that name the place.</summary>
internal static class JsonFields
{
    public static bool TryGet(this JsonElement element, string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value)
            && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined);
    }

    public static JsonElement Required(this JsonElement element, string name, string where) =>
        element.TryGet(name, out JsonElement value)
            ? value
            : throw new RewardScoringException($"{where}: '{name}' is missing. Expected a complete Hugging Face tokenizer file.");

    public static string Text(this JsonElement element, string name, string where)
    {
        JsonElement value = element.Required(name, where);
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, where, "a string", value);
    }

    public static bool Flag(this JsonElement element, string name, string where, bool fallback) =>
        !element.TryGet(name, out JsonElement value) ? fallback : value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw Wrong(name, where, "true or false", value),
        };

    public static int Number(this JsonElement element, string name, string where)
    {
        JsonElement value = element.Required(name, where);
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw Wrong(name, where, "an integer", value);
    }

    public static IEnumerable<JsonElement> Items(this JsonElement element, string name, string where)
    {
        JsonElement value = element.Required(name, where);
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw Wrong(name, where, "a list", value);
    }

    public static RewardScoringException Unsupported(string where, string what) =>
        new($"{where}: {what} is not supported. Expected the parts of tokenizer.json that docs/tokenizers.md lists; "
            + "use such a model, or report the tokenizer.");

    /// <summary>A value for a message.</summary>
    public static string Short(JsonElement value)
    {
        string found = value.GetRawText();
        return found.Length > 40 ? found[..40] + "..." : found;
    }

    private static RewardScoringException Wrong(string name, string where, string expected, JsonElement value) =>
        new($"{where}: '{name}' is {Short(value)}; expected {expected}.");
}
