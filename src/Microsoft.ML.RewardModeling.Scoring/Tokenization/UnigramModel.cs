using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// The unigram language model (Kudo 2018): of all ways to cut a piece into tokens the one with the highest sum of scores, found by Viterbi's
/// algorithm. Characters without a token cost the lowest score less 10, and several in a row are one unknown token or their bytes.
/// </summary>
internal sealed class UnigramModel : TokenModel
{
    private const double UnknownPenalty = 10;

    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly double[] _scores;
    private readonly Dictionary<ulong, int> _children = [];
    private readonly List<int> _tokenOfNode = [-1];
    private readonly int[] _byteTokens;
    private readonly int? _unknown;
    private readonly double _unknownScore;
    private readonly bool _byteFallback;
    private readonly bool _byteLevel;

    public UnigramModel(JsonElement model, bool byteLevel, string where)
    {
        _byteLevel = byteLevel;
        _byteFallback = model.Flag("byte_fallback", where, false);
        _vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        List<double> scores = [];
        foreach (JsonElement item in model.Items("vocab", where))
        {
            if (item.ValueKind != JsonValueKind.Array || item.GetArrayLength() != 2 || item[0].ValueKind != JsonValueKind.String
                || item[1].ValueKind != JsonValueKind.Number)
            {
                throw new RewardScoringException($"{where}: entry {scores.Count} of 'vocab' is {JsonFields.Short(item)}; expected [\"token\", score].");
            }

            string token = item[0].GetString()!;
            _vocabulary[token] = scores.Count;
            Insert(token, scores.Count);
            scores.Add(item[1].GetDouble());
        }

        _scores = [.. scores];
        _bySpan = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _unknownScore = scores.DefaultIfEmpty(0).Min() - UnknownPenalty;
        _byteTokens = ModelFields.ByteTokens(_vocabulary);
        if (model.TryGet("unk_id", out _))
        {
            int unknown = model.Number("unk_id", where);
            _unknown = unknown >= 0 && unknown < scores.Count
                ? unknown
                : throw new RewardScoringException($"{where}: unk_id is {unknown}; expected one of the {scores.Count} entries of 'vocab'.");
        }
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    protected override void EncodeUncached(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_byteLevel)
        {
            piece = ByteLevelAlphabet.Encode(piece);
        }

        (int Start, int Id)[] best = BestPath(piece);
        int first = ids.Count;
        for (int end = piece.Length; end > 0;)
        {
            (int start, int id) = best[end];
            if (id == _unknown)
            {
                // What is unknown is taken together, and may be a token again as a whole.
                while (start > 0 && best[start].Id == _unknown)
                {
                    start = best[start].Start;
                }

                AddUnknown(piece[start..end], ids);
            }
            else
            {
                // A text that stands in the vocabulary twice is its last entry.
                ids.Add(id);
            }

            end = start;
        }

        ids.Reverse(first, ids.Count - first);
    }

    private (int Start, int Id)[] BestPath(ReadOnlySpan<char> piece)
    {
        (int Start, int Id)[] best = new (int, int)[piece.Length + 1];
        double[] scores = new double[piece.Length + 1];
        Array.Fill(best, (-1, -1));
        for (int start = 0, length; start < piece.Length; start += length)
        {
            length = char.IsHighSurrogate(piece[start]) && start + 1 < piece.Length ? 2 : 1;
            bool single = false;
            int node = 0;
            for (int end = start; end < piece.Length && _children.TryGetValue(Edge(node, piece[end]), out node);)
            {
                end++;
                if (_tokenOfNode[node] is int id and >= 0)
                {
                    Consider(start, end, id, _scores[id]);
                    single |= end - start == length;
                }
            }

            if (!single)
            {
                int unknown = _unknown ?? throw new RewardScoringException(
                    $"The tokenizer has no token for '{piece.Slice(start, length)}' and no unk_id. Use the model's own tokenizer.json.");
                Consider(start, start + length, unknown, _unknownScore);
            }
        }

        return best;

        void Consider(int start, int end, int id, double score)
        {
            score += scores[start];
            if (best[end].Start < 0 || score > scores[end])
            {
                (scores[end], best[end]) = (score, (start, id));
            }
        }
    }

    // Ids are put in from the end of the piece to its start.
    private void AddUnknown(ReadOnlySpan<char> text, List<int> ids)
    {
        if (_bySpan.TryGetValue(text, out int id))
        {
            ids.Add(id);
            return;
        }

        if (_byteFallback)
        {
            byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
            Encoding.UTF8.GetBytes(text, bytes);
            if (Array.TrueForAll(bytes, b => _byteTokens[b] >= 0))
            {
                Array.Reverse(bytes);
                ids.AddRange(bytes.Select(b => _byteTokens[b]));
                return;
            }
        }

        ids.Add(_unknown!.Value);
    }

    private void Insert(string token, int id)
    {
        int node = 0;
        foreach (char c in token)
        {
            if (!_children.TryGetValue(Edge(node, c), out int child))
            {
                _children[Edge(node, c)] = child = _tokenOfNode.Count;
                _tokenOfNode.Add(-1);
            }

            node = child;
        }

        if (node > 0)
        {
            _tokenOfNode[node] = id;
        }
    }

    private static ulong Edge(int node, char c) => ((ulong)(uint)node << 16) | c;
}
