using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Scoring;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Files;

/// <summary>One JSON object of a file, with the place it came from for messages.</summary>
internal sealed class JsonRow(JsonObject value, string place)
{
    private const string Expectation = "text or a non-empty list of {\"role\", \"content\"} messages";

    public JsonObject Value { get; } = value;

    /// <summary>Where the row stands, for example <c>rows.jsonl:7</c>.</summary>
    public string Place { get; } = place;

    /// <summary>A field that must hold text.</summary>
    public string Text(string name) => TextOf(Require(name)) ?? throw Wrong(name, "text");

    /// <summary>A field that must hold a conversation: text (one user turn) or a list of messages.</summary>
    public IReadOnlyList<ChatTurn> Conversation(string name)
    {
        JsonNode field = Require(name);
        return TextOf(field) is { } text ? [new ChatTurn("user", text)] : Messages(field) ?? throw Wrong(name, Expectation);
    }

    /// <summary>A field that must be there, of any kind.</summary>
    public JsonNode Require(string name) => Value[name]
        ?? throw new WorkException(Value.ContainsKey(name)
            ? $"{Place}: the column '{name}' is null; expected a value in every row. Fill it in or leave the row out."
            : $"{Place}: the column '{name}' is missing (found: {Names()}). Every row needs it; add it or rename the column.");

    public WorkException Wrong(string name, string expected)
    {
        string found = Shown(Value[name]);
        string shown = found.Length > 60 ? found[..60] + "…" : found;
        return new WorkException($"{Place}: '{name}' is {shown}; expected {expected}. Correct the row.");
    }

    private static string Shown(JsonNode? field)
    {
        try
        {
            return field?.ToJsonString(JsonLines.Compact) ?? "nothing";
        }
        catch (InvalidOperationException)
        {
            return "text with half of a surrogate pair (a stray \\uD800-\\uDFFF escape)";
        }
    }

    private static List<ChatTurn>? Messages(JsonNode field)
    {
        List<ChatTurn> turns = [];
        foreach (JsonNode? item in field as JsonArray ?? [])
        {
            if (item is not JsonObject message || TextOf(message["role"]) is not { } role || TextOf(message["content"]) is not { } content)
            {
                return null;
            }

            turns.Add(new ChatTurn(role, content));
        }

        return turns.Count > 0 ? turns : null;
    }

    // Half of a surrogate pair is valid JSON but no text: it counts as a wrong field rather than as a crash.
    private static string? TextOf(JsonNode? field)
    {
        try
        {
            return field is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private string Names() => Value.Count == 0 ? "an empty object" : string.Join(", ", Value.Select(field => field.Key));
}
