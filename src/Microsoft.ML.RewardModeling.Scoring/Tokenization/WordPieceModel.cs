using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// WordPiece as BERT uses it (Devlin et al. 2018): the longest token that begins a word, then the longest that continues it. A word that
/// cannot be covered, or is too long, is one unknown token.
/// </summary>
internal sealed class WordPieceModel : TokenModel
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly string _unknown;
    private readonly string _prefix;
    private readonly int _longestWord;
    private readonly int _longestToken;
    private readonly bool _byteLevel;

    public WordPieceModel(JsonElement model, bool byteLevel, string where)
    {
        _byteLevel = byteLevel;
        _vocabulary = ModelFields.Vocabulary(model, where);
        _bySpan = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _longestToken = _vocabulary.Keys.Select(token => token.Length).DefaultIfEmpty(0).Max();
        _unknown = model.TryGet("unk_token", out _) ? model.Text("unk_token", where) : "[UNK]";
        _prefix = model.TryGet("continuing_subword_prefix", out _) ? model.Text("continuing_subword_prefix", where) : "##";
        _longestWord = model.TryGet("max_input_chars_per_word", out _) ? model.Number("max_input_chars_per_word", where) : 100;
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    protected override void EncodeUncached(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_byteLevel)
        {
            piece = ByteLevelAlphabet.Encode(piece);
        }

        int first = ids.Count;
        if (CodePoints(piece) > _longestWord || !Cover(piece, ids))
        {
            ids.RemoveRange(first, ids.Count - first);
            ids.Add(WordLevelModel.UnknownId(_vocabulary, _unknown, piece));
        }
    }

    private bool Cover(ReadOnlySpan<char> piece, List<int> ids)
    {
        Span<char> buffer = new char[_prefix.Length + Math.Min(piece.Length, _longestToken)];
        _prefix.CopyTo(buffer);
        for (int start = 0; start < piece.Length;)
        {
            int id = -1;
            int end = Math.Min(piece.Length, start + _longestToken);
            for (; end > start; end--)
            {
                ReadOnlySpan<char> token = piece[start..end];
                if (start > 0)
                {
                    token.CopyTo(buffer[_prefix.Length..]);
                    token = buffer[..(_prefix.Length + token.Length)];
                }

                if (_bySpan.TryGetValue(token, out id))
                {
                    break;
                }
            }

            if (end == start)
            {
                return false;
            }

            ids.Add(id);
            start = end;
        }

        return true;
    }

    private static int CodePoints(ReadOnlySpan<char> text)
    {
        int count = text.Length;
        foreach (char c in text)
        {
            count -= char.IsLowSurrogate(c) ? 1 : 0;
        }

        return count;
    }
}
