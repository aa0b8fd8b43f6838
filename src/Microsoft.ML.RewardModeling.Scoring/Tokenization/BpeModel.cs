using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016) with the options of tokenizer.json: merges by rank, byte fallback, unknown tokens, whole words
/// that skip the merges. docs/tokenizers.md says why this is not Microsoft.ML.Tokenizers' BpeTokenizer, with figures.
/// </summary>
internal sealed class BpeModel : TokenModel
{
    /// <summary>SentencePiece's mark for a space.</summary>
    public const char WordStart = '\u2581';

    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly BpeMerges _merges;
    private readonly int[] _byteTokens;
    private readonly int[]? _byteSymbols;
    private readonly int? _unknown;
    private readonly bool _fuseUnknown;
    private readonly bool _byteFallback;
    private readonly bool _ignoreMerges;
    private readonly bool _byteLevel;
    private readonly bool _splitsWords;
    private readonly string _prefix;
    private readonly string _suffix;
    private readonly int _longestToken;

    public BpeModel(JsonElement model, bool byteLevel, string where)
    {
        if (model.TryGet("dropout", out JsonElement dropout) && (dropout.ValueKind != JsonValueKind.Number || dropout.GetDouble() != 0))
        {
            throw JsonFields.Unsupported(where, $"dropout {JsonFields.Short(dropout)} (it makes ids random)");
        }

        _vocabulary = ModelFields.Vocabulary(model, where);
        _bySpan = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _longestToken = _vocabulary.Keys.Select(token => token.Length).DefaultIfEmpty(0).Max();
        _prefix = model.OptionalText("continuing_subword_prefix", where);
        _suffix = model.OptionalText("end_of_word_suffix", where);
        _merges = BpeMerges.FromJson(model, _vocabulary, _prefix, where);
        _byteLevel = byteLevel;
        _fuseUnknown = model.Flag("fuse_unk", where, false);
        _byteFallback = model.Flag("byte_fallback", where, false);
        _ignoreMerges = model.Flag("ignore_merges", where, false);
        _byteTokens = ModelFields.ByteTokens(_vocabulary);
        if (model.TryGet("unk_token", out _))
        {
            string unknown = model.Text("unk_token", where);
            _unknown = _vocabulary.TryGetValue(unknown, out int id)
                ? id
                : throw new RewardScoringException($"{where}: unk_token '{unknown}' is not in the vocabulary. Expected one of its tokens.");
        }

        bool plain = _prefix.Length + _suffix.Length == 0;
        int[] symbols = [.. Enumerable.Range(0, 256).Select(b => _vocabulary.GetValueOrDefault(ByteLevelAlphabet.Character((byte)b).ToString(), -1))];
        _byteSymbols = byteLevel && plain && !symbols.Contains(-1) ? symbols : null;
        _splitsWords = !byteLevel && plain && !_ignoreMerges && _merges.Joining is not null && _vocabulary.ContainsKey(WordStart.ToString());
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    protected override void EncodeUncached(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_byteSymbols is not null)
        {
            EncodeBytes(piece, ids);
            return;
        }

        // Where no merge crosses the start of a word, what lies on both sides is independent: each word can come from the cache.
        int word = _splitsWords ? NextWord(piece, 0) : -1;
        if (word < 0)
        {
            EncodeWord(_byteLevel ? ByteLevelAlphabet.Encode(piece) : piece, ids);
            return;
        }

        int start = 0;
        for (; word >= 0; word = NextWord(piece, word))
        {
            Encode(piece[start..word], ids);
            start = word;
        }

        Encode(piece[start..], ids);
    }

    // The next place after 'from' where a word starts that nothing merges with what is before it; -1 when there is none.
    private int NextWord(ReadOnlySpan<char> piece, int from)
    {
        for (int i = from + 1; i < piece.Length; i++)
        {
            int skip = piece[i..].IndexOf(WordStart);
            if (skip < 0)
            {
                return -1;
            }

            i += skip;
            if (piece[i - 1] != WordStart && !_merges.Joining!.Contains(piece[i - 1]))
            {
                return i;
            }
        }

        return -1;
    }

    // Every byte is a token: no look-ups by text are needed.
    private void EncodeBytes(ReadOnlySpan<char> piece, List<int> ids)
    {
        int maximum = Encoding.UTF8.GetMaxByteCount(piece.Length);
        byte[]? rented = null;
        Span<byte> bytes = maximum <= 256 ? stackalloc byte[256] : (rented = ArrayPool<byte>.Shared.Rent(maximum));
        bytes = bytes[..Encoding.UTF8.GetBytes(piece, bytes)];
        if (!(_ignoreMerges && TryWhole(bytes, ids)))
        {
            int start = ids.Count;
            CollectionsMarshal.SetCount(ids, start + bytes.Length);
            Span<int> symbols = CollectionsMarshal.AsSpan(ids)[start..];
            for (int i = 0; i < bytes.Length; i++)
            {
                symbols[i] = _byteSymbols![bytes[i]];
            }

            CollectionsMarshal.SetCount(ids, start + _merges.Apply(symbols));
        }

        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private bool TryWhole(ReadOnlySpan<byte> bytes, List<int> ids)
    {
        if (bytes.Length > Math.Min(_longestToken, 512))
        {
            return bytes.Length <= _longestToken && TryWhole(ByteLevelAlphabet.Characters(bytes, new char[bytes.Length]), ids);
        }

        return TryWhole(ByteLevelAlphabet.Characters(bytes, stackalloc char[512]), ids);
    }

    private bool TryWhole(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > _longestToken || !_bySpan.TryGetValue(piece, out int whole))
        {
            return false;
        }

        ids.Add(whole);
        return true;
    }

    private void EncodeWord(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_ignoreMerges && TryWhole(piece, ids))
        {
            return;
        }

        int start = ids.Count;
        Symbols(piece, ids);
        CollectionsMarshal.SetCount(ids, start + _merges.Apply(CollectionsMarshal.AsSpan(ids)[start..]));
    }

    // The first ids: one for each code point, or its bytes, or the unknown token.
    private void Symbols(ReadOnlySpan<char> piece, List<int> symbols)
    {
        bool pendingUnknown = false;
        for (int start = 0, length; start < piece.Length; start += length)
        {
            length = char.IsHighSurrogate(piece[start]) && start + 1 < piece.Length ? 2 : 1;
            ReadOnlySpan<char> symbol = piece.Slice(start, length);
            bool first = start == 0;
            bool last = start + length == piece.Length;
            if ((_prefix.Length > 0 && !first) || (_suffix.Length > 0 && last))
            {
                symbol = string.Concat(first ? "" : _prefix, symbol, last ? _suffix : "");
            }

            if (_bySpan.TryGetValue(symbol, out int id))
            {
                Flush(ref pendingUnknown, symbols);
                symbols.Add(id);
            }
            else if (!(_byteFallback && ByteFallback(symbol, symbols)) && _unknown is not null)
            {
                if (!_fuseUnknown)
                {
                    Flush(ref pendingUnknown, symbols);
                }

                // It is written when the next known symbol comes, after bytes that fell back in between: so does the reference.
                pendingUnknown = true;
            }
        }

        Flush(ref pendingUnknown, symbols);
    }

    private bool ByteFallback(ReadOnlySpan<char> symbol, List<int> symbols)
    {
        Span<byte> bytes = symbol.Length <= 4 ? stackalloc byte[16] : new byte[Encoding.UTF8.GetMaxByteCount(symbol.Length)];
        bytes = bytes[..Encoding.UTF8.GetBytes(symbol, bytes)];
        foreach (byte b in bytes)
        {
            if (_byteTokens[b] < 0)
            {
                return false;
            }
        }

        foreach (byte b in bytes)
        {
            symbols.Add(_byteTokens[b]);
        }

        return true;
    }

    private void Flush(ref bool pendingUnknown, List<int> symbols)
    {
        if (pendingUnknown)
        {
            symbols.Add(_unknown!.Value);
            pendingUnknown = false;
        }
    }
}
