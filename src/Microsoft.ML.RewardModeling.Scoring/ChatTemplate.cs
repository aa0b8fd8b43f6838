namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>A chat template in Jinja2, rendered as Hugging Face transformers renders it.</summary>
public sealed class ChatTemplate
{
    private ChatTemplate()
    {
    }

    /// <summary>Parses a template.</summary>
    /// <param name="source">Jinja2 source, as in <c>chat_template</c> of tokenizer_config.json or in chat_template.jinja.</param>
    /// <exception cref="RewardScoringException">The source is no valid template or uses an unsupported feature; the message names the line.</exception>
    public static ChatTemplate Parse(string source) => throw new NotImplementedException(source);

    /// <summary>Renders a conversation.</summary>
    /// <param name="messages">The turns.</param>
    /// <param name="addGenerationPrompt">Whether the text ends with the mark that opens the assistant's answer.</param>
    /// <param name="variables">Further variables, for example <see cref="HuggingFaceTokenizer.SpecialTokens"/>.</param>
    /// <exception cref="RewardScoringException">The template raises an error; the message has its text.</exception>
    public string Render(
        IReadOnlyList<ChatTurn> messages, bool addGenerationPrompt, IReadOnlyDictionary<string, object?>? variables = null) =>
        throw new NotImplementedException();

    /// <summary>Renders with exactly the given variables (<c>messages</c>, <c>add_generation_prompt</c>, <c>tools</c>, ...).</summary>
    /// <param name="variables">
    /// Null, string, bool, numbers, lists, dictionaries with string keys, <see cref="System.Text.Json.JsonElement"/>.
    /// </param>
    /// <exception cref="RewardScoringException">The template raises an error; the message has its text.</exception>
    public string Render(IReadOnlyDictionary<string, object?> variables) => throw new NotImplementedException();
}
