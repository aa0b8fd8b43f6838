using System.Text.Json;

namespace Microsoft.ML.RewardModeling;

/// <summary>
/// The messages that come before an answer. Most prompts are a single user turn, and a string converts to one; a prompt
/// of several turns travels through ML.NET text columns in the lossless form of <see cref="ToColumnText"/>.
/// </summary>
public sealed class Conversation : IEquatable<Conversation>
{
    // RECORD SEPARATOR, as in RFC 7464 (JSON text sequences): no prompt starts with it by accident, and if one does it is escaped.
    private const char JsonMark = '\u001E';

    private readonly ConversationTurn[] _turns;

    /// <summary>Creates a conversation.</summary>
    /// <param name="turns">At least one turn, in the order spoken.</param>
    /// <exception cref="ArgumentException">There is no turn, or a turn has no role.</exception>
    public Conversation(IEnumerable<ConversationTurn> turns)
    {
        ArgumentNullException.ThrowIfNull(turns);
        _turns = [.. turns];
        if (_turns.Length == 0 || _turns.Any(t => t is null || string.IsNullOrWhiteSpace(t.Role) || t.Content is null))
        {
            throw new ArgumentException("A conversation needs at least one turn, and every turn a role and a content.", nameof(turns));
        }
    }

    /// <summary>The turns in the order spoken; at least one.</summary>
    public IReadOnlyList<ConversationTurn> Turns => _turns;

    /// <summary>A conversation of one user turn.</summary>
    /// <param name="prompt">The user's message.</param>
    public static implicit operator Conversation(string prompt) => FromString(prompt);

    /// <summary>A conversation of one user turn.</summary>
    /// <param name="prompt">The user's message.</param>
    public static Conversation FromString(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return new Conversation([new ConversationTurn("user", prompt)]);
    }

    /// <summary>Reads what <see cref="ToColumnText"/> wrote; any other text is one user turn.</summary>
    /// <param name="text">The text of a prompt column.</param>
    /// <exception cref="RewardModelingException">The text starts with U+001E and no JSON array of turns follows.</exception>
    public static Conversation FromColumnText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0 || text[0] != JsonMark)
        {
            return FromString(text);
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text.AsMemory(1));
            return new Conversation(document.RootElement.EnumerateArray().Select(turn => new ConversationTurn(
                turn.GetProperty("role").GetString()!, turn.GetProperty("content").GetString()!)));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new RewardModelingException(
                "A prompt column holds text that starts with U+001E but no JSON array of {role, content} follows. "
                + "Write prompts of several turns with Conversation.ToColumnText.", e);
        }
    }

    /// <summary>
    /// The text for a column: the content itself for one user turn, otherwise U+001E and a JSON array of
    /// <c>{"role", "content"}</c>. <see cref="FromColumnText"/> gives the same conversation back.
    /// </summary>
    public string ToColumnText()
        => _turns is [{ Role: "user" } only] && !only.Content.StartsWith(JsonMark)
            ? only.Content
            : JsonMark + Json.ToText(writer => Json.WriteTurns(writer, _turns));

    /// <inheritdoc/>
    public bool Equals(Conversation? other) => other is not null && _turns.AsSpan().SequenceEqual(other._turns);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Conversation);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (ConversationTurn turn in _turns)
        {
            hash.Add(turn);
        }

        return hash.ToHashCode();
    }

    /// <summary>The turns as text, for people to read.</summary>
    public override string ToString() => string.Join("\n\n", _turns.Select(t => $"{t.Role}: {t.Content}"));
}
