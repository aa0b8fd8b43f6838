using System.Buffers;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// Finds added tokens in a text: leftmost first, of those that begin at one place the longest.
/// </summary>
internal sealed class AddedTokenFinder
{
    private readonly SearchValues<char> _firstChars;
    private readonly Dictionary<char, int[]> _lengths;
    private readonly Dictionary<string, AddedToken>.AlternateLookup<ReadOnlySpan<char>> _tokens;

    /// <summary>Takes the tokens with the text each is found by.</summary>
    public AddedTokenFinder(IEnumerable<(string Text, AddedToken Token)> tokens)
    {
        Dictionary<string, AddedToken> byText = new(StringComparer.Ordinal);
        foreach ((string text, AddedToken token) in tokens.Where(entry => entry.Text.Length > 0))
        {
            byText[text] = token;
        }

        _tokens = byText.GetAlternateLookup<ReadOnlySpan<char>>();
        _lengths = byText.Keys.GroupBy(text => text[0]).ToDictionary(
            group => group.Key, group => group.Select(text => text.Length).Distinct().OrderDescending().ToArray());
        _firstChars = SearchValues.Create([.. _lengths.Keys]);
    }

    /// <summary>
    /// Covers the text by tokens and what lies between them, which has no token. No special token covers a <paramref name="literal"/> place.
    /// </summary>
    public IEnumerable<(int Start, int Length, AddedToken? Token)> Split(string text, IReadOnlySet<int> literal)
    {
        int covered = 0;
        int position = 0;
        while (Next(text, position, literal, out int start, out AddedToken? token, out int length))
        {
            int end = position = start + length;
            if (token.SingleWord && (IsWord(text.AsSpan(0, start), last: true) || IsWord(text.AsSpan(end), last: false)))
            {
                continue;
            }

            if (token.LeftStrip)
            {
                start = Math.Max(text.AsSpan(0, start).TrimEnd().Length, covered);
            }

            if (token.RightStrip)
            {
                end += text.Length - end - text.AsSpan(end).TrimStart().Length;
            }

            if (start > covered)
            {
                yield return (covered, start - covered, null);
            }

            yield return (start, end - start, token);
            covered = end;
        }

        if (covered < text.Length)
        {
            yield return (covered, text.Length - covered, null);
        }
    }

    private bool Next(
        string text, int position, IReadOnlySet<int> literal, out int start,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AddedToken? token, out int length)
    {
        for (start = position; start < text.Length; start++)
        {
            int skip = text.AsSpan(start).IndexOfAny(_firstChars);
            if (skip < 0)
            {
                break;
            }

            start += skip;
            foreach (int candidate in _lengths[text[start]])
            {
                if (start + candidate <= text.Length && _tokens.TryGetValue(text.AsSpan(start, candidate), out token)
                    && !(token.Special && literal.Count > 0 && Covers(start, candidate, literal)))
                {
                    length = candidate;
                    return true;
                }
            }
        }

        token = null;
        length = 0;
        return false;
    }

    private static bool Covers(int start, int length, IReadOnlySet<int> places)
    {
        // By the token's characters, not by the places: a hostile text has very many of these.
        for (int place = start; place < start + length; place++)
        {
            if (places.Contains(place))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsWord(ReadOnlySpan<char> text, bool last)
    {
        if (text.IsEmpty)
        {
            return false;
        }

        _ = last ? Rune.DecodeLastFromUtf16(text, out Rune rune, out _) : Rune.DecodeFromUtf16(text, out rune, out _);
        return UnicodeClass.IsWord(rune);
    }
}
