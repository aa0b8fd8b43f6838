using System.Buffers;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Finds the texts of special tokens in any text.</summary>
internal sealed class SpecialTexts
{
    private readonly SearchValues<string> _search;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _texts;
    private readonly int[] _lengths;

    public SpecialTexts(IEnumerable<string> texts)
    {
        HashSet<string> all = [.. texts.Where(text => text.Length > 0)];
        _search = SearchValues.Create([.. all], StringComparison.Ordinal);
        _lengths = [.. all.Select(text => text.Length).Distinct()];
        _texts = all.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Every place of every text, also of those that overlap, in order.</summary>
    public IEnumerable<(int Start, string Token)> FindAll(string text)
    {
        for (int start = 0; start < text.Length; start++)
        {
            int skip = text.AsSpan(start).IndexOfAny(_search);
            if (skip < 0)
            {
                yield break;
            }

            start += skip;
            foreach (int length in _lengths)
            {
                if (start + length <= text.Length && _texts.TryGetValue(text.AsSpan(start, length), out string? found))
                {
                    yield return (start, found);
                }
            }
        }
    }
}
