using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>
/// A rendered conversation that knows which of the special tokens in its text the contents of the messages brought along: those are words,
/// not marks, and must not become control tokens.
/// </summary>
/// <param name="Text">What the template writes.</param>
/// <param name="Literal">Where in the text special tokens begin that came out of contents.</param>
internal sealed record ChatRendering(string Text, IReadOnlySet<int> Literal)
{
    private const int FirstStandIn = 0x2800;
    private const int LastStandIn = 0xD7FF;

    /// <summary>Renders, telling marks of the template from words of the messages.</summary>
    /// <param name="template">The template.</param>
    /// <param name="turns">The turns.</param>
    /// <param name="addGenerationPrompt">Whether the text ends with the mark that opens the answer.</param>
    /// <param name="tokenizer">Knows the special tokens.</param>
    public static ChatRendering Render(ChatTemplate template, IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt, HuggingFaceTokenizer tokenizer)
    {
        string text = template.Render(turns, addGenerationPrompt, tokenizer.SpecialTokens);
        HashSet<string> marks = [.. turns.SelectMany(turn => tokenizer.FindSpecialTokens(turn.Content)).Select(found => found.Token)];
        if (marks.Count == 0)
        {
            return new ChatRendering(text, ImmutableHashSet<int>.Empty);
        }

        // In a second rendering every such token begins with a stand-in, a character that stands nowhere else, so that its place in the text
        // can be seen. A template may read some marks inside contents, as it does "</think>" in earlier answers: its text is then another,
        // and these marks keep their meaning.
        if (Find(marks) is { } all)
        {
            return new ChatRendering(text, all);
        }

        marks.RemoveWhere(mark => Find([mark]) is null);
        return new ChatRendering(text, Find(marks) ?? throw new RewardScoringException(
            $"The messages hold special tokens ({string.Join(", ", marks.Order(StringComparer.Ordinal))}) that the chat template does not write as "
            + "they are, so they cannot be told from its own marks. Remove them from the messages."));

        // The places of these marks; null where the text without the stand-ins is not the text.
        HashSet<int>? Find(HashSet<string> hidden)
        {
            Dictionary<char, char> standIns = StandIns(hidden.Select(mark => mark[0]).Distinct(), template.Source, text, turns);
            ChatTurn[] changed = [.. turns.Select(turn => turn with { Content = Hide(turn.Content, hidden, standIns, tokenizer) })];
            string rendered;
            try
            {
                rendered = template.Render(changed, addGenerationPrompt, tokenizer.SpecialTokens);
            }
            catch (RewardScoringException)
            {
                return null;
            }

            Dictionary<char, char> originals = standIns.ToDictionary(entry => entry.Value, entry => entry.Key);
            StringBuilder restored = new(rendered);
            HashSet<int> places = [];
            for (int i = 0; i < rendered.Length; i++)
            {
                if (originals.TryGetValue(rendered[i], out char original))
                {
                    restored[i] = original;
                    places.Add(i);
                }
            }

            return restored.Equals(text) ? places : null;
        }
    }

    private static string Hide(string content, HashSet<string> marks, Dictionary<char, char> standIns, HuggingFaceTokenizer tokenizer)
    {
        StringBuilder changed = new(content);
        foreach ((int start, string token) in tokenizer.FindSpecialTokens(content))
        {
            if (marks.Contains(token))
            {
                changed[start] = standIns[token[0]];
            }
        }

        return changed.ToString();
    }

    // Symbols and ideographs behave as text anywhere: nothing strips, splits, folds or escapes them.
    private static Dictionary<char, char> StandIns(IEnumerable<char> originals, string source, string text, IReadOnlyList<ChatTurn> turns)
    {
        HashSet<char> taken = [.. source, .. text, .. turns.SelectMany(turn => turn.Content)];
        IEnumerator<char> free = Enumerable.Range(FirstStandIn, LastStandIn - FirstStandIn + 1).Select(code => (char)code)
            .Where(c => char.GetUnicodeCategory(c) is UnicodeCategory.OtherSymbol or UnicodeCategory.OtherLetter && !taken.Contains(c))
            .GetEnumerator();
        return originals.ToDictionary(original => original, _ => free.MoveNext()
            ? free.Current
            : throw new RewardScoringException("The messages hold special tokens and every symbol there is. Expected text; remove the special tokens."));
    }
}
