using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Files;

/// <summary>Reads texts to train a language model on: rows <c>{"text"}</c> or <c>{"messages"}</c>, optionally with an <c>id</c>.</summary>
internal static class TextInputs
{
    /// <summary>All texts in the order of the files.</summary>
    /// <exception cref="WorkException">A row has neither.</exception>
    public static IEnumerable<LanguageText> Read(IReadOnlyList<string> paths) => paths.SelectMany(JsonLines.Read).Select(row => row switch
    {
        _ when row.Value.ContainsKey("text") => new LanguageText { Id = row.Place, Text = row.Text("text") },
        _ when row.Value.ContainsKey("messages") => new LanguageText
        {
            Id = row.Place,
            Messages = new Conversation(row.Conversation("messages").Select(turn => new ConversationTurn(turn.Role, turn.Content))),
        },
        _ => throw new WorkException(
            $"{row.Place}: found neither 'text' nor 'messages' (found: {string.Join(", ", row.Value.Select(field => field.Key))}); expected one of them in every row. Add it or rename the column."),
    });
}
