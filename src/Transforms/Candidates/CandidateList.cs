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
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new RewardModelingException(
                $"A candidates column holds '{JsonFields.Shorten(text)}', expected a JSON array of objects with \"response\". Write such columns with "
                + "CandidateList.ToColumnText.", e);
        }
    }

    internal static IReadOnlyList<Candidate> Read(JsonElement list) => [.. list.EnumerateArray().Select(element => element.ValueKind == JsonValueKind.String
        ? new Candidate(element.GetString()!)
        : new Candidate(
            element.GetProperty("response").GetString() ?? string.Empty,
            element.TryGetProperty("score", out JsonElement score) && score.ValueKind == JsonValueKind.Number ? score.GetSingle() : null,
            element.TryGetProperty("source", out JsonElement source) ? source.GetString() : null,
            element.TryGetProperty("status", out JsonElement status) ? status.GetString() : null))];

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
