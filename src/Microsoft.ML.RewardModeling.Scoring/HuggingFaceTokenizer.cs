namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>A tokenizer read from Hugging Face files: <c>tokenizer.json</c>, <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>.</summary>
public sealed class HuggingFaceTokenizer
{
    private HuggingFaceTokenizer()
    {
    }

    /// <summary>Highest token id plus one, added tokens included.</summary>
    public int VocabularySize => throw new NotImplementedException();

    /// <summary>Text of the begin-of-sequence token, if the tokenizer has one.</summary>
    public string? BosToken { get; private init; }

    /// <summary>Text of the end-of-sequence token, if the tokenizer has one.</summary>
    public string? EosToken { get; private init; }

    /// <summary>Text of the padding token, if the tokenizer has one.</summary>
    public string? PadToken { get; private init; }

    /// <summary>Text of the unknown token, if the tokenizer has one.</summary>
    public string? UnkToken { get; private init; }

    /// <summary>Id of <see cref="BosToken"/>.</summary>
    public int? BosTokenId { get; private init; }

    /// <summary>Id of <see cref="EosToken"/>.</summary>
    public int? EosTokenId { get; private init; }

    /// <summary>Id of <see cref="PadToken"/>.</summary>
    public int? PadTokenId { get; private init; }

    /// <summary>Source of the model's chat template (Jinja2), if it has one.</summary>
    public string? ChatTemplateSource { get; private init; }

    /// <summary>The special tokens by the names that chat templates use: <c>bos_token</c>, <c>eos_token</c>, ...; only those that are set.</summary>
    public IReadOnlyDictionary<string, object?> SpecialTokens { get; private init; } = new Dictionary<string, object?>();

    /// <summary>Reads the tokenizer of a model directory.</summary>
    /// <param name="directory">A directory with <c>tokenizer.json</c>.</param>
    /// <exception cref="RewardScoringException">The file is missing, invalid or uses something that is not supported; the message names it.</exception>
    public static HuggingFaceTokenizer Load(string directory) => throw new NotImplementedException(directory);

    /// <summary>Turns text into token ids.</summary>
    /// <param name="text">Any text; lone surrogates are read as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether the tokenizer's own begin and end tokens are added.</param>
    public int[] Encode(string text, bool addSpecialTokens = false) => throw new NotImplementedException();

    /// <summary>Turns token ids back into text.</summary>
    /// <param name="ids">Token ids; ids outside the vocabulary are left out.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false) => throw new NotImplementedException();

    /// <summary>Whether the id is a special token.</summary>
    /// <param name="id">Any id.</param>
    public bool IsSpecial(int id) => throw new NotImplementedException();
}
