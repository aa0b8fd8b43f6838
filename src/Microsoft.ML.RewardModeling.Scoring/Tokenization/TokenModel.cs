using System.Collections.Concurrent;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Turns pieces of text into ids, as the <c>model</c> of tokenizer.json says. Safe from several threads.</summary>
internal abstract class TokenModel
{
    private const int CachedPieceLength = 32;
    private const int CacheCapacity = 1 << 16;
    private volatile Cache _cache = new();

    /// <summary>Tokens by text.</summary>
    public abstract IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>Reads the model. <paramref name="byteLevel"/>: pieces are plain text that the model has to write in the byte alphabet.</summary>
    public static TokenModel FromJson(JsonElement root, bool byteLevel, string where)
    {
        where += " model";
        JsonElement model = root.Required("model", where);
        return Type(model, where) switch
        {
            "BPE" => new BpeModel(model, byteLevel, where),
            "Unigram" => new UnigramModel(model, byteLevel, where),
            "WordPiece" => new WordPieceModel(model, byteLevel, where),
            "WordLevel" => new WordLevelModel(model, byteLevel, where),
            string type => throw JsonFields.Unsupported(where, $"the model '{type}'"),
        };
    }

    /// <summary>Appends the ids of one piece.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (piece.Length > CachedPieceLength)
        {
            EncodeUncached(piece, ids);
            return;
        }

        Cache cache = _cache;
        if (!cache.BySpan.TryGetValue(piece, out int[]? known))
        {
            List<int> fresh = new(piece.Length);
            EncodeUncached(piece, fresh);
            known = [.. fresh];
            if (cache.BySpan.TryAdd(piece, known) && Interlocked.Increment(ref cache.Count) >= CacheCapacity)
            {
                // Full: begin anew, so that a flood of odd words does not keep the usual ones out for ever.
                _cache = new Cache();
            }
        }

        ids.AddRange(known);
    }

    protected abstract void EncodeUncached(ReadOnlySpan<char> piece, List<int> ids);

    // Files written before the models had a type are told apart by their fields.
    private static string Type(JsonElement model, string where) =>
        model.TryGet("type", out _) ? model.Text("type", where)
        : model.TryGet("merges", out _) ? "BPE"
        : model.TryGet("max_input_chars_per_word", out _) ? "WordPiece"
        : model.TryGet("vocab", out JsonElement vocab) && vocab.ValueKind == JsonValueKind.Array ? "Unigram"
        : model.TryGet("unk_token", out _) ? "WordLevel"
        : "without type";

    private sealed class Cache
    {
        public int Count;

        public Cache() => BySpan = new ConcurrentDictionary<string, int[]>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

        public ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> BySpan { get; }
    }
}
