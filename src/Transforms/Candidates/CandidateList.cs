using System.Text.Json;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// A list of candidates in one ML.NET text column, because a transform keeps one row a prompt: a JSON array of
/// <c>{"response", "score", "source", "status"}</c>, of which only <c>response</c> must be there; no candidate is an empty text.
/// </summary>
public static class CandidateList
{
    /// <summary>The text for a column; <see cref="FromColumnText"/> gives equal candidates back.</summary>
    /// <param name="candidates">The candidates in order.</param>
    public static string ToColumnText(IEnumerable<Candidate> candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        Candidate[] all = [.. candidates];
        return all.Length == 0 ? string.Empty : Json.ToText(writer => Write(writer, all));
    }

    /// <summary>Reads what <see cref="ToColumnText"/> wrote; an element may also be the answer itself, a JSON string.</summary>
    /// <param name="text">The text of a candidates column.</param>
    /// <exception cref="RewardModelingException">The text is no such list.</exception>
    public static IReadOnlyList<Candidate> FromColumnText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0)
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return Read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new RewardModelingException(
                $"A candidates column holds '{JsonFields.Shorten(text)}', expected a JSON array of objects with \"response\""
                + $"{(e is FormatException ? $" (found {e.Message})" : "")}. Write such columns with CandidateList.ToColumnText.", e);
        }
    }

    /// <exception cref="FormatException">The element is no list of candidates; the message says what was found.</exception>
    internal static IReadOnlyList<Candidate> Read(JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Select((element, i) => Read(element, i + 1))]
        : throw new FormatException($"{Shown(list)} in place of a list");

    private static Candidate Read(JsonElement element, int number) => element.ValueKind switch
    {
        JsonValueKind.String => new Candidate(TextOf(element) ?? throw Wrong(number, "is no valid Unicode", element)),
        JsonValueKind.Object => new Candidate(
            Field(element, number, "response") ?? Field(element, number, "text") ?? throw Wrong(number, "has no \"response\"", element),
            Score(element, number),
            Field(element, number, "source"),
            Field(element, number, "status")),
        _ => throw Wrong(number, "is no answer", element),
    };

    private static string? Field(JsonElement element, int number, string name)
        => !element.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
            : TextOf(value) ?? throw Wrong(number, $"has a \"{name}\" that is no text", value);

    private static float? Score(JsonElement element, int number)
        => !element.TryGetProperty("score", out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
            : value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float score) && float.IsFinite(score) ? score
            : throw Wrong(number, "has a \"score\" that is no finite number", value);

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair is valid JSON but no text.
            return null;
        }
    }

    private static FormatException Wrong(int number, string what, JsonElement found) => new($"candidate {number} that {what}: {Shown(found)}");

    private static string Shown(JsonElement element) => JsonFields.Shorten(element.GetRawText());

    internal static void Write(Utf8JsonWriter writer, IEnumerable<Candidate> candidates)
    {
        writer.WriteStartArray();
        foreach (Candidate candidate in candidates)
        {
            writer.WriteStartObject();
            writer.WriteString("response", Text.WellFormed(candidate.Response));
            if (candidate.Score is { } score && float.IsFinite(score))
            {
                writer.WriteNumber("score", score);
            }

            if (candidate.Source is { } source)
            {
                writer.WriteString("source", Text.WellFormed(source));
            }

            if (candidate.Status is { } status)
            {
                writer.WriteString("status", Text.WellFormed(status));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
