using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016) with the options of tokenizer.json: merges by rank, byte fallback, unknown tokens, whole words
/// that skip the merges. Microsoft.ML.Tokenizers' BpeTokenizer is not used: its options know no byte fallback and no ignore_merges, and
/// a tokenizer.json needs its added tokens, normalizers and pre-tokenizers exactly as well, which leaves nothing for it to do.
/// </summary>
internal sealed class BpeModel
{
    private const int CachedPieceLength = 64;
    private const int CacheCapacity = 1 << 16;
    private const int ShortWord = 24;

    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly Dictionary<ulong, Merge> _merges;
    private readonly int?[] _byteTokens;
    private readonly int? _unknown;
    private readonly bool _fuseUnknown;
    private readonly bool _byteFallback;
    private readonly bool _ignoreMerges;
    private readonly bool _byteLevel;
    private readonly string _prefix;
    private readonly string _suffix;
    private readonly ConcurrentDictionary<string, int[]> _cache = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _cacheBySpan;
    private int _cached;

    private BpeModel(JsonElement model, Dictionary<string, int> vocabulary, Dictionary<ulong, Merge> merges, bool byteLevel, string where)
    {
        _vocabulary = vocabulary;
        _bySpan = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _cacheBySpan = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        _merges = merges;
        _byteLevel = byteLevel;
        _fuseUnknown = model.Flag("fuse_unk", where, false);
        _byteFallback = model.Flag("byte_fallback", where, false);
        _ignoreMerges = model.Flag("ignore_merges", where, false);
        _prefix = Affix(model, "continuing_subword_prefix", where);
        _suffix = Affix(model, "end_of_word_suffix", where);
        _byteTokens = [.. Enumerable.Range(0, 256).Select(b => vocabulary.TryGetValue($"<0x{b:X2}>", out int id) ? id : (int?)null)];
        if (model.TryGet("unk_token", out _))
        {
            string unknown = model.Text("unk_token", where);
            _unknown = vocabulary.TryGetValue(unknown, out int id)
                ? id
                : throw new RewardScoringException($"{where}: unk_token '{unknown}' is not in the vocabulary. Expected one of its tokens.");
        }
    }

    private readonly record struct Merge(int Rank, int Id);

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    /// <summary>Reads the <c>model</c> of tokenizer.json.</summary>
    public static BpeModel FromJson(JsonElement root, bool byteLevel, string where)
    {
        where += " model";
        JsonElement model = root.Required("model", where);
        string type = model.TryGet("type", out _) ? model.Text("type", where) : model.TryGet("merges", out _) ? "BPE" : "without type";
        if (type != "BPE")
        {
            throw JsonFields.Unsupported(where, $"the model '{type}' (Unigram, WordPiece and WordLevel are not supported yet)");
        }

        if (model.TryGet("dropout", out JsonElement dropout) && dropout.GetDouble() != 0)
        {
            throw JsonFields.Unsupported(where, $"dropout {dropout.GetRawText()}");
        }

        Dictionary<string, int> vocabulary = ReadVocabulary(model.Required("vocab", where), where);
        return new BpeModel(model, vocabulary, ReadMerges(model, vocabulary, where), byteLevel, where);
    }

    /// <summary>Appends the ids of one piece. Safe from several threads.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > CachedPieceLength)
        {
            EncodeUncached(piece, ids);
            return;
        }

        if (!_cacheBySpan.TryGetValue(piece, out int[]? known))
        {
            List<int> fresh = [];
            EncodeUncached(piece, fresh);
            known = [.. fresh];
            if (_cached < CacheCapacity && _cacheBySpan.TryAdd(piece, known))
            {
                Interlocked.Increment(ref _cached);
            }
        }

        ids.AddRange(known);
    }

    private void EncodeUncached(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_byteLevel)
        {
            piece = ByteLevelAlphabet.Encode(piece);
        }

        if (_ignoreMerges && _bySpan.TryGetValue(piece, out int whole))
        {
            ids.Add(whole);
            return;
        }

        List<int> symbols = new(piece.Length);
        Symbols(piece, symbols);
        Span<int> span = CollectionsMarshal.AsSpan(symbols);
        if (span.Length <= ShortWord)
        {
            ids.AddRange(span[..MergeShort(span)]);
        }
        else
        {
            MergeLong(span, ids);
        }
    }

    // The first ids: one for each code point, or its bytes, or the unknown token.
    private void Symbols(ReadOnlySpan<char> piece, List<int> symbols)
    {
        int? pendingUnknown = null;
        Span<byte> bytes = stackalloc byte[4];
        for (int start = 0, length; start < piece.Length; start += length)
        {
            Rune.DecodeFromUtf16(piece[start..], out Rune rune, out length);
            ReadOnlySpan<char> symbol = piece.Slice(start, length);
            bool first = start == 0;
            bool last = start + length == piece.Length;
            if ((_prefix.Length > 0 && !first) || (_suffix.Length > 0 && last))
            {
                symbol = string.Concat(first ? "" : _prefix, symbol, last ? _suffix : "");
            }

            if (_bySpan.TryGetValue(symbol, out int id))
            {
                Flush(symbols, ref pendingUnknown);
                symbols.Add(id);
                continue;
            }

            if (_byteFallback && ByteFallback(symbol, rune, bytes, symbols))
            {
                continue;
            }

            if (_unknown is int unknown)
            {
                if (!_fuseUnknown)
                {
                    Flush(symbols, ref pendingUnknown);
                }

                pendingUnknown = unknown;
            }
        }

        Flush(symbols, ref pendingUnknown);
    }

    private bool ByteFallback(ReadOnlySpan<char> symbol, Rune rune, Span<byte> buffer, List<int> symbols)
    {
        ReadOnlySpan<byte> bytes = _prefix.Length + _suffix.Length > 0
            ? Encoding.UTF8.GetBytes(symbol.ToString())
            : buffer[..rune.EncodeToUtf8(buffer)];
        foreach (byte b in bytes)
        {
            if (_byteTokens[b] is null)
            {
                return false;
            }
        }

        foreach (byte b in bytes)
        {
            symbols.Add(_byteTokens[b]!.Value);
        }

        return true;
    }

    private static void Flush(List<int> symbols, ref int? pending)
    {
        if (pending is int id)
        {
            symbols.Add(id);
            pending = null;
        }
    }

    // Merges the pair of lowest rank, the leftmost of equals, until none is left. Quadratic, but the fastest for words.
    private int MergeShort(Span<int> symbols)
    {
        int count = symbols.Length;
        while (count > 1)
        {
            int best = -1;
            Merge bestMerge = new(int.MaxValue, 0);
            for (int i = 0; i + 1 < count; i++)
            {
                if (_merges.TryGetValue(Pair(symbols[i], symbols[i + 1]), out Merge merge) && merge.Rank < bestMerge.Rank)
                {
                    best = i;
                    bestMerge = merge;
                }
            }

            if (best < 0)
            {
                break;
            }

            symbols[best] = bestMerge.Id;
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            count--;
        }

        return count;
    }

    // The same merges in O(n log n): a linked list of symbols and a queue of candidate pairs by rank, then position.
    private void MergeLong(Span<int> symbols, List<int> ids)
    {
        int count = symbols.Length;
        int[] next = new int[count];
        int[] previous = new int[count];
        PriorityQueue<(int Position, int Id), long> queue = new(count);
        for (int i = 0; i < count; i++)
        {
            next[i] = i + 1 < count ? i + 1 : -1;
            previous[i] = i - 1;
        }

        for (int i = 0; i + 1 < count; i++)
        {
            Enqueue(queue, i, symbols[i], symbols[i + 1]);
        }

        while (queue.TryDequeue(out (int Position, int Id) candidate, out _))
        {
            int left = candidate.Position;
            int right = symbols[left] < 0 ? -1 : next[left];

            // The pair may have been merged with something else since it was queued.
            if (right < 0 || !_merges.TryGetValue(Pair(symbols[left], symbols[right]), out Merge merge) || merge.Id != candidate.Id)
            {
                continue;
            }

            symbols[left] = merge.Id;
            symbols[right] = -1;
            next[left] = next[right];
            if (next[left] >= 0)
            {
                previous[next[left]] = left;
                Enqueue(queue, left, symbols[left], symbols[next[left]]);
            }

            if (previous[left] >= 0)
            {
                Enqueue(queue, previous[left], symbols[previous[left]], symbols[left]);
            }
        }

        for (int i = 0; i >= 0 && i < count; i = next[i])
        {
            ids.Add(symbols[i]);
        }
    }

    private void Enqueue(PriorityQueue<(int Position, int Id), long> queue, int position, int left, int right)
    {
        if (_merges.TryGetValue(Pair(left, right), out Merge merge))
        {
            queue.Enqueue((position, merge.Id), ((long)merge.Rank << 32) | (uint)position);
        }
    }

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private static string Affix(JsonElement model, string name, string where) => model.TryGet(name, out _) ? model.Text(name, where) : "";

    private static Dictionary<string, int> ReadVocabulary(JsonElement vocab, string where)
    {
        if (vocab.ValueKind != JsonValueKind.Object)
        {
            throw new RewardScoringException($"{where}: 'vocab' is no object of token to id. Expected the vocabulary of a BPE model.");
        }

        Dictionary<string, int> vocabulary = new(vocab.GetPropertyCount(), StringComparer.Ordinal);
        foreach (JsonProperty entry in vocab.EnumerateObject())
        {
            vocabulary[entry.Name] = entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt32(out int id) && id is >= 0 and < int.MaxValue
                ? id
                : throw new RewardScoringException(
                    $"{where}: the id of token '{entry.Name}' is {entry.Value.GetRawText()}; expected an integer from 0.");
        }

        return vocabulary;
    }

    private static Dictionary<ulong, Merge> ReadMerges(JsonElement model, Dictionary<string, int> vocabulary, string where)
    {
        string prefix = Affix(model, "continuing_subword_prefix", where);
        Dictionary<ulong, Merge> merges = [];
        int rank = 0;
        foreach (JsonElement item in model.Items("merges", where))
        {
            if (Parts(item) is not [string left, string right])
            {
                throw new RewardScoringException($"{where}: merge {rank} is {item.GetRawText()}; expected \"left right\" or [\"left\", \"right\"].");
            }

            if (left.Length == 0 && right.StartsWith("#version", StringComparison.Ordinal))
            {
                continue;
            }

            string merged = left + (right.StartsWith(prefix, StringComparison.Ordinal) ? right[prefix.Length..] : right);
            merges[Pair(IdOf(left), IdOf(right))] = new Merge(rank, IdOf(merged));
            rank++;
        }

        return merges;

        int IdOf(string token) => vocabulary.TryGetValue(token, out int id)
            ? id
            : throw new RewardScoringException($"{where}: merge {rank} needs the token '{token}', which is not in the vocabulary.");
    }

    private static string[]? Parts(JsonElement item)
    {
        if (item.ValueKind == JsonValueKind.Array)
        {
            return item.GetArrayLength() == 2 && item.EnumerateArray().All(part => part.ValueKind == JsonValueKind.String)
                ? [item[0].GetString()!, item[1].GetString()!]
                : null;
        }

        string? text = item.ValueKind == JsonValueKind.String ? item.GetString()! : null;
        return text?.StartsWith("#version", StringComparison.Ordinal) == true ? ["", text] : text?.Split(' ');
    }
}
