using System.Text.Json;

namespace Microsoft.ML.RewardModeling;

/// <summary>Typed access to the fields of one row, with errors that name the place, the field and what was found.</summary>
internal sealed class JsonFields
{
    private readonly PairRecord _record;
    private readonly string _layout;

    /// <param name="record">The row.</param>
    /// <param name="layout">The fields that a row must have, for messages.</param>
    public JsonFields(PairRecord record, string layout)
    {
        _record = record;
        _layout = layout;
    }

    public static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "...";

    public RewardModelingException Error(string found, string expected, string remedy)
        => new($"{_record.Place}: {found}, expected {expected}. {remedy}");

    public bool Has(string name) => KindOf(name) is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public JsonValueKind KindOf(string name) => _record.Row.TryGetProperty(name, out JsonElement value) ? value.ValueKind : JsonValueKind.Undefined;

    /// <summary>An id may be a string or a whole number.</summary>
    public string? OptionalId() => KindOf("id") == JsonValueKind.Number
        ? _record.Row.GetProperty("id").GetRawText()
        : OptionalText("id") is not { } id ? null
        : string.IsNullOrWhiteSpace(id) ? throw Error(
            "found an empty \"id\"", "a text", "Name the row, or remove the field: an id is then made from the content.")
        : id;

    public string? OptionalText(string name) => !Has(name) ? null
        : KindOf(name) == JsonValueKind.String ? StringOf(name, _record.Row.GetProperty(name))
        : throw WrongType(name, "a text");

    public float? OptionalNumber(string name)
    {
        if (!Has(name))
        {
            return null;
        }

        JsonElement value = _record.Row.GetProperty(name);
        return value.ValueKind == JsonValueKind.Number && value.TryGetSingle(out float number) && float.IsFinite(number)
            ? number
            : throw WrongType(name, "a finite number");
    }

    /// <summary>A required text that is not blank.</summary>
    public string Answer(string name) => Has(name) ? NotBlank(name, OptionalText(name)!) : throw Missing(name);

    public string NotBlank(string name, string text) => !string.IsNullOrWhiteSpace(text) ? text
        : throw Error(
            $"found an empty \"{name}\"", "an answer with at least one visible character", "Fill the answer in, or remove the row.");

    public Conversation Prompt() => KindOf("prompt") switch
    {
        JsonValueKind.String => NotBlankPrompt(StringOf("prompt", _record.Row.GetProperty("prompt"))),
        JsonValueKind.Array => NotBlankPrompt(new Conversation(Turns("prompt"))),
        JsonValueKind.Undefined or JsonValueKind.Null => throw Missing("prompt"),
        _ => throw WrongType("prompt", "a text or a list of {role, content}"),
    };

    /// <summary>A required list of messages with role and content.</summary>
    public IReadOnlyList<ConversationTurn> Turns(string name)
    {
        if (KindOf(name) != JsonValueKind.Array)
        {
            throw Has(name) ? WrongType(name, "a list of {role, content}") : Missing(name);
        }

        List<ConversationTurn> turns = [];
        foreach (JsonElement turn in _record.Row.GetProperty(name).EnumerateArray())
        {
            if (turn.ValueKind != JsonValueKind.Object
                || !turn.TryGetProperty("role", out JsonElement role) || role.ValueKind != JsonValueKind.String
                || !turn.TryGetProperty("content", out JsonElement content) || content.ValueKind != JsonValueKind.String
                || StringOf(name, role) is not { Length: > 0 } roleText)
            {
                throw Error(
                    $"found element {turns.Count + 1} of \"{name}\" that is no message",
                    "{\"role\": text, \"content\": text}",
                    "Correct the element; contents must be plain text.");
            }

            turns.Add(new ConversationTurn(roleText, StringOf(name, content)));
        }

        return turns.Count > 0
            ? turns
            : throw Error($"found an empty list in \"{name}\"", "at least one message", "Fill it in, or remove the row.");
    }

    private Conversation NotBlankPrompt(Conversation prompt) => prompt.Turns.Any(turn => !string.IsNullOrWhiteSpace(turn.Content))
        ? prompt
        : throw Error(
            "found an empty \"prompt\"", "a question or instruction with at least one visible character", "Fill the prompt in, or remove the row.");

    private RewardModelingException Missing(string name) => Error(
        $"found no \"{name}\" among the fields {string.Join(", ", _record.Row.EnumerateObject().Select(p => p.Name))}",
        _layout,
        "Add or rename the field.");

    private RewardModelingException WrongType(string name, string expected) => Error(
        $"found {KindOf(name).ToString().ToLowerInvariant()} {Shorten(_record.Row.GetProperty(name).GetRawText())} in \"{name}\"",
        expected,
        "Correct the value.");

    private string StringOf(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Error($"found half of a surrogate pair in \"{name}\"", "valid Unicode text", "Remove the stray \\uD800-\\uDFFF escape.");
        }
    }
}
