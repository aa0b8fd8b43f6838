using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// The merges of a BPE model: which two tokens, side by side, become one, and in which order. <see cref="Apply"/> merges the pair of lowest
/// rank, the leftmost of equals, until none is left.
/// </summary>
internal sealed class BpeMerges
{
    private const int ShortWord = 32;
    private static readonly Merge None = new(int.MaxValue, -1);

    private readonly Dictionary<ulong, Merge> _byPair;
    private readonly List<int> _idByRank;

    private BpeMerges(Dictionary<ulong, Merge> byPair, List<int> idByRank, HashSet<char>? joining)
    {
        _byPair = byPair;
        _idByRank = idByRank;
        Joining = joining;
    }

    private readonly record struct Merge(int Rank, int Id);

    /// <summary>
    /// The characters behind which some merge puts U+2581, which opens a word: behind any other no merge goes on. Null when they cannot be told.
    /// </summary>
    public HashSet<char>? Joining { get; }

    public static BpeMerges FromJson(JsonElement model, Dictionary<string, int> vocabulary, string prefix, string where)
    {
        Dictionary<ulong, Merge> byPair = [];
        List<int> idByRank = [];
        HashSet<char>? joining = [];
        foreach (JsonElement item in model.Items("merges", where))
        {
            if (Parts(item) is not var (left, right))
            {
                throw new RewardScoringException(
                    $"{where}: merge {idByRank.Count} is {JsonFields.Short(item)}; expected \"left right\" or [\"left\", \"right\"].");
            }

            if (left.Length == 0 && right.StartsWith("#version", StringComparison.Ordinal))
            {
                continue;
            }

            string merged = left + (right.StartsWith(prefix, StringComparison.Ordinal) ? right[prefix.Length..] : right);
            byPair[Pair(IdOf(left), IdOf(right))] = new Merge(idByRank.Count, IdOf(merged));
            idByRank.Add(vocabulary[merged]);
            if (right.StartsWith(BpeModel.WordStart) && !left.EndsWith(BpeModel.WordStart) && left.Length > 0)
            {
                // A token such as <0x0A> or <unk> stands for other characters than its own.
                joining = left is ['<', _, .., '>'] ? null : joining;
                joining?.Add(left[^1]);
            }
        }

        return new BpeMerges(byPair, idByRank, joining);

        int IdOf(string token) => vocabulary.TryGetValue(token, out int id)
            ? id
            : throw new RewardScoringException($"{where}: merge {idByRank.Count} needs the token '{token}', which is not in the vocabulary.");
    }

    /// <summary>Merges the symbols in their place; returns how many are left.</summary>
    public int Apply(Span<int> symbols) => symbols.Length <= ShortWord ? ApplyShort(symbols) : ApplyLong(symbols);

    // Quadratic in steps, linear in look-ups: the fastest for words.
    private int ApplyShort(Span<int> symbols)
    {
        int count = symbols.Length;
        Span<Merge> candidates = stackalloc Merge[ShortWord];
        for (int i = 0; i + 1 < count; i++)
        {
            candidates[i] = Find(symbols[i], symbols[i + 1]);
        }

        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (candidates[i].Rank < candidates[best].Rank)
                {
                    best = i;
                }
            }

            if (candidates[best].Rank == int.MaxValue)
            {
                break;
            }

            symbols[best] = candidates[best].Id;
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            candidates[(best + 1)..(count - 1)].CopyTo(candidates[best..]);
            count--;
            if (best + 1 < count)
            {
                candidates[best] = Find(symbols[best], symbols[best + 1]);
            }

            if (best > 0)
            {
                candidates[best - 1] = Find(symbols[best - 1], symbols[best]);
            }
        }

        return count;
    }

    // O(n log n): a linked list of symbols and a heap of candidate pairs by rank, then position.
    private int ApplyLong(Span<int> symbols)
    {
        int[] next = new int[symbols.Length];
        int[] previous = new int[symbols.Length];
        MergeHeap heap = new(symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            next[i] = i + 1 < symbols.Length ? i + 1 : -1;
            previous[i] = i - 1;
            if (i > 0)
            {
                Push(heap, i - 1, symbols[i - 1], symbols[i]);
            }
        }

        while (heap.TryPop(out int rank, out int left))
        {
            int right = symbols[left] < 0 ? -1 : next[left];

            // The pair may have been merged with something else since it was queued.
            if (right < 0 || Find(symbols[left], symbols[right]) is var merge && merge.Id != _idByRank[rank])
            {
                continue;
            }

            symbols[left] = _idByRank[rank];
            symbols[right] = -1;
            next[left] = next[right];
            if (next[left] >= 0)
            {
                previous[next[left]] = left;
                Push(heap, left, symbols[left], symbols[next[left]]);
            }

            if (previous[left] >= 0)
            {
                Push(heap, previous[left], symbols[previous[left]], symbols[left]);
            }
        }

        int count = 0;
        for (int i = 0; i >= 0; i = next[i])
        {
            symbols[count++] = symbols[i];
        }

        return count;
    }

    private void Push(MergeHeap heap, int position, int left, int right)
    {
        if (_byPair.TryGetValue(Pair(left, right), out Merge merge))
        {
            heap.Push(merge.Rank, position);
        }
    }

    private Merge Find(int left, int right) => _byPair.TryGetValue(Pair(left, right), out Merge merge) ? merge : None;

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private static (string Left, string Right)? Parts(JsonElement item)
    {
        if (item.ValueKind == JsonValueKind.Array)
        {
            return item.GetArrayLength() == 2 && item[0].ValueKind == JsonValueKind.String && item[1].ValueKind == JsonValueKind.String
                ? (item[0].GetString()!, item[1].GetString()!)
                : null;
        }

        if (item.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        string text = item.GetString()!;
        if (text.StartsWith("#version", StringComparison.Ordinal))
        {
            return ("", text);
        }

        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space >= 0 && text.IndexOf(' ', space + 1) < 0 ? (text[..space], text[(space + 1)..]) : null;
    }
}
