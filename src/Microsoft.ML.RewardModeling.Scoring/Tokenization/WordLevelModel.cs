using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Every piece is one token: its own, or the unknown one.</summary>
internal sealed class WordLevelModel : TokenModel
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly string _unknown;
    private readonly bool _byteLevel;

    public WordLevelModel(JsonElement model, bool byteLevel, string where)
    {
        _byteLevel = byteLevel;
        _vocabulary = ModelFields.Vocabulary(model, where);
        _bySpan = _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _unknown = model.TryGet("unk_token", out _) ? model.Text("unk_token", where) : "<unk>";
    }

    public override IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    /// <summary>The id of the unknown token; an error when there is none.</summary>
    public static int UnknownId(Dictionary<string, int> vocabulary, string unknown, ReadOnlySpan<char> piece) =>
        vocabulary.TryGetValue(unknown, out int id)
            ? id
            : throw new RewardScoringException(
                $"The tokenizer has no token for '{(piece.Length > 40 ? piece[..40] : piece)}' and its unk_token '{unknown}' is not in the vocabulary. "
                + "Use the model's own tokenizer.json.");

    protected override void EncodeUncached(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (_byteLevel)
        {
            piece = ByteLevelAlphabet.Encode(piece);
        }

        ids.Add(_bySpan.TryGetValue(piece, out int id) ? id : UnknownId(_vocabulary, _unknown, piece));
    }
}
