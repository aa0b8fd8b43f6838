using System.Text;
using Microsoft.ML.RewardModeling.Scoring.Templates;

namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>
/// A chat template in Jinja2, rendered as Hugging Face transformers renders it: <c>trim_blocks</c>, <c>lstrip_blocks</c>, loop controls, the
/// immutable sandbox, <c>raise_exception</c>, its <c>tojson</c>, <c>{% generation %}</c>. One thing differs on purpose: <c>strftime_now</c>
/// always gives 26 July 2024, so that rewards do not change with the calendar. Immutable; safe from any number of threads.
/// </summary>
public sealed class ChatTemplate
{
    private readonly List<TemplateStatement> _statements;

    private ChatTemplate(string source, List<TemplateStatement> statements)
    {
        Source = source;
        _statements = statements;
    }

    /// <summary>The template's source.</summary>
    public string Source { get; }

    /// <summary>Parses a template.</summary>
    /// <param name="source">Jinja2 source, as in <c>chat_template</c> of tokenizer_config.json or in chat_template.jinja.</param>
    /// <exception cref="RewardScoringException">The source is no valid template or uses an unsupported feature; the message names the line.</exception>
    public static ChatTemplate Parse(string source)
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            return new ChatTemplate(source, TemplateParser.Parse(source));
        }
        catch (TemplateException exception)
        {
            throw new RewardScoringException($"The chat template cannot be read, line {exception.Line ?? 1}: {exception.Message}", exception);
        }
    }

    /// <summary>Renders a conversation.</summary>
    /// <param name="messages">The turns.</param>
    /// <param name="addGenerationPrompt">Whether the text ends with the mark that opens the assistant's answer.</param>
    /// <param name="variables">Further variables, for example <see cref="HuggingFaceTokenizer.SpecialTokens"/>.</param>
    /// <exception cref="RewardScoringException">The template raises an error; the message has its text and line.</exception>
    public string Render(
        IReadOnlyList<ChatTurn> messages, bool addGenerationPrompt, IReadOnlyDictionary<string, object?>? variables = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Dictionary<string, object?> all = new(StringComparer.Ordinal) { ["tools"] = null, ["documents"] = null };
        foreach (KeyValuePair<string, object?> entry in variables ?? new Dictionary<string, object?>())
        {
            all[entry.Key] = entry.Value;
        }

        all["messages"] = messages.Select(object? (turn) => TemplateValues.Turn(turn)).ToList();
        all["add_generation_prompt"] = addGenerationPrompt;
        return Render(all);
    }

    /// <summary>
    /// Renders with exactly the given variables. transformers always gives <c>messages</c>, <c>add_generation_prompt</c>, <c>tools</c> and
    /// <c>documents</c> (null where there are none), and the tokenizer's special tokens.
    /// </summary>
    /// <param name="variables">
    /// Values: null, string, bool, numbers, lists, dictionaries with string keys, <see cref="ChatTurn"/>,
    /// <see cref="System.Text.Json.JsonElement"/>.
    /// </param>
    /// <exception cref="RewardScoringException">The template raises an error; the message has its text and line.</exception>
    public string Render(IReadOnlyDictionary<string, object?> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        TemplateRun run = new();
        try
        {
            TemplateScope scope = new(run, null);
            foreach (KeyValuePair<string, object?> entry in variables)
            {
                scope.Set(entry.Key, TemplateValues.From(entry.Value));
            }

            StringBuilder output = new();
            TemplateStatement.RenderAll(_statements, scope.Inner(), output);
            return output.ToString();
        }
        catch (TemplateException exception)
        {
            throw new RewardScoringException($"The chat template failed in line {run.Line}: {exception.Message}", exception);
        }
        catch (InsufficientExecutionStackException exception)
        {
            throw new RewardScoringException(
                $"The chat template failed in line {run.Line}: a value, macro or expression is nested too deeply.", exception);
        }
    }
}
