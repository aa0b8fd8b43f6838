using System.Text.Json;
using System.Text.Json.Nodes;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Files;

/// <summary>One JSON object of a file, with the place it came from for messages.</summary>
internal sealed class JsonRow(JsonObject value, string place)
{
    public JsonObject Value { get; } = value;

    /// <summary>Where the row stands, for example <c>rows.jsonl:7</c>.</summary>
    public string Place { get; } = place;

    /// <summary>A field that must hold text.</summary>
    public string Text(string name) => Require(name) is JsonValue field && field.GetValueKind() == JsonValueKind.String
        ? field.GetValue<string>()
        : throw Wrong(name, "text");

    /// <summary>A field that must be there, of any kind.</summary>
    public JsonNode Require(string name) => Value[name]
        ?? throw new WorkException($"{Place}: the column '{name}' is missing (found: {Names()}). Every row needs it; add it or rename the column.");

    public WorkException Wrong(string name, string expected)
    {
        string found = Value[name]?.ToJsonString(JsonLines.Compact) ?? "nothing";
        string shown = found.Length > 60 ? found[..60] + "…" : found;
        return new WorkException($"{Place}: '{name}' is {shown}; expected {expected}. Correct the row.");
    }

    private string Names() => Value.Count == 0 ? "an empty object" : string.Join(", ", Value.Select(field => field.Key));
}
