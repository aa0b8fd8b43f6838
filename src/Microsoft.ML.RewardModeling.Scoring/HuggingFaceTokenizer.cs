using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Microsoft.ML.RewardModeling.Scoring.Tokenization;

namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>
/// A tokenizer read from Hugging Face files: <c>tokenizer.json</c>, and beside it, where they exist, <c>tokenizer_config.json</c>,
/// <c>special_tokens_map.json</c> and <c>chat_template.jinja</c>. Gives the ids that transformers' fast tokenizers give. Supports the models
/// BPE (byte-level or with byte fallback), Unigram, WordPiece and WordLevel; what a file asks for beyond what docs/tokenizers.md lists is an
/// error when loading. Immutable; safe from any number of threads.
/// </summary>
public sealed class HuggingFaceTokenizer
{
    private readonly TokenModel _model;
    private readonly Normalizer? _normalizer;
    private readonly PreTokenizer? _preTokenizer;
    private readonly PostProcessor _postProcessor;
    private readonly TokenDecoder? _decoder;
    private readonly AddedTokenFinder _originalTokens;
    private readonly AddedTokenFinder _normalizedTokens;
    private readonly Dictionary<int, string> _texts;
    private readonly HashSet<int> _special;
    private readonly bool _cleansUpSpaces;
    private readonly SpecialTexts _specialTexts;
    private readonly bool _hasNormalizedSpecial;

    private HuggingFaceTokenizer(JsonElement root, TokenizerConfig config, string where)
    {
        // "truncation" and "padding" of the file are not read: transformers switches both off unless a call asks for them.
        _normalizer = Normalizer.FromJson(root, where);
        _preTokenizer = PreTokenizer.FromJson(root, where, out bool byteLevel);
        _model = TokenModel.FromJson(root, byteLevel, where);
        _decoder = TokenDecoder.FromJson(root, where);
        _texts = _model.Vocabulary.ToDictionary(entry => entry.Value, entry => entry.Key);
        List<AddedToken> added = AddedTokens(root, config, where);
        _special = [.. added.Where(token => token.Special).Select(token => token.Id)];
        _specialTexts = new SpecialTexts(added.Where(token => token.Special).Select(token => token.Content));
        _hasNormalizedSpecial = added.Exists(token => token.Special && token.Normalized);
        foreach (AddedToken token in added)
        {
            _texts[token.Id] = token.Content;
        }

        _originalTokens = new AddedTokenFinder(added.Where(token => !token.Normalized).Select(token => (token.Content, token)));
        _normalizedTokens = new AddedTokenFinder(added.Where(token => token.Normalized).Select(token => (Normalize(token.Content), token)));

        Dictionary<string, int> ids = new(_model.Vocabulary, StringComparer.Ordinal);
        foreach (AddedToken token in added)
        {
            ids[token.Content] = token.Id;
        }

        (BosToken, BosTokenId) = Named("bos_token");
        (EosToken, EosTokenId) = Named("eos_token");
        (PadToken, PadTokenId) = Named("pad_token");
        (UnkToken, UnkTokenId) = Named("unk_token");
        _postProcessor = OwnPostProcessor(config, where) ?? PostProcessor.FromJson(root, where);
        VocabularySize = 1 + _texts.Keys.Concat(_postProcessor.Before).Concat(_postProcessor.After).DefaultIfEmpty(-1).Max();
        ChatTemplateSource = config.ChatTemplate;
        ModelMaxLength = config.ModelMaxLength;
        _cleansUpSpaces = config.CleansUpSpaces;
        Dictionary<string, object?> named = config.SpecialTokens.ToDictionary(entry => entry.Key, entry => (object?)entry.Value);
        if (config.AdditionalSpecialTokens.Length > 0)
        {
            named["additional_special_tokens"] = config.AdditionalSpecialTokens;
        }

        SpecialTokens = named;

        (string?, int?) Named(string name) => !config.SpecialTokens.TryGetValue(name, out string? text)
            ? (null, null)
            : ids.TryGetValue(text, out int id)
                ? (text, id)
                : name is "pad_token" or "unk_token"
                    ? (text, null)
                    : throw new RewardScoringException(
                    $"{where}: {name} is '{text}', which is neither in the vocabulary nor an added token. "
                    + "Expected one of the tokenizer's tokens; correct tokenizer_config.json or special_tokens_map.json.");
    }

    /// <summary>Highest token id plus one, added tokens included.</summary>
    public int VocabularySize { get; }

    /// <summary>Text of the begin-of-sequence token, if the tokenizer has one.</summary>
    public string? BosToken { get; }

    /// <summary>Text of the end-of-sequence token, if the tokenizer has one.</summary>
    public string? EosToken { get; }

    /// <summary>Text of the padding token, if the tokenizer has one.</summary>
    public string? PadToken { get; }

    /// <summary>Text of the unknown token, if the tokenizer has one.</summary>
    public string? UnkToken { get; }

    /// <summary>Id of <see cref="BosToken"/>.</summary>
    public int? BosTokenId { get; }

    /// <summary>Id of <see cref="EosToken"/>.</summary>
    public int? EosTokenId { get; }

    /// <summary>Id of <see cref="PadToken"/>; null also when the token is named but has no id (nothing here pads).</summary>
    public int? PadTokenId { get; }

    /// <summary>Id of <see cref="UnkToken"/>; null also when the token is named but has no id.</summary>
    public int? UnkTokenId { get; }

    /// <summary>Source of the model's chat template (Jinja2), if it has one.</summary>
    public string? ChatTemplateSource { get; }

    /// <summary>The maximum length that tokenizer_config.json states; null when it states none or "no limit".</summary>
    public int? ModelMaxLength { get; }

    /// <summary>
    /// The special tokens by the names that chat templates use (<c>bos_token</c>, <c>eos_token</c>, ...); only those that are set.
    /// </summary>
    public IReadOnlyDictionary<string, object?> SpecialTokens { get; }

    /// <summary>Reads the tokenizer of a model directory.</summary>
    /// <param name="directory">A directory with <c>tokenizer.json</c>.</param>
    /// <exception cref="RewardScoringException">A file is missing, invalid or uses something that is not supported; the message names it.</exception>
    public static HuggingFaceTokenizer Load(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string path = Path.Combine(directory, "tokenizer.json");
        if (!File.Exists(path))
        {
            throw new RewardScoringException(
                $"{path} does not exist. Expected the fast-tokenizer file of a Hugging Face model; "
                + "save it with transformers' AutoTokenizer.from_pretrained(...).save_pretrained(...).");
        }

        using FileStream stream = File.OpenRead(path);
        return Read(stream, directory);
    }

    /// <summary>Reads <c>tokenizer.json</c> from a stream, and what stands beside it from a directory.</summary>
    internal static HuggingFaceTokenizer Read(Stream tokenizer, string directory)
    {
        string path = Path.Combine(directory, "tokenizer.json");
        try
        {
            return new HuggingFaceTokenizer(JsonFile.Read(tokenizer, path), TokenizerConfig.Load(directory), path);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or ArgumentException)
        {
            throw new RewardScoringException($"{path} or a file beside it is not a valid tokenizer: {exception.Message} Get it again.", exception);
        }
    }

    /// <summary>Turns text into token ids. Special tokens that stand in the text are recognised, as transformers does.</summary>
    /// <param name="text">Any text; empty text gives no ids but the added ones; lone surrogates are read as U+FFFD.</param>
    /// <param name="addSpecialTokens">Whether the ids that the tokenizer itself puts before and after a text are added.</param>
    public int[] Encode(string text, bool addSpecialTokens = false) => Encode(text, addSpecialTokens, ImmutableHashSet<int>.Empty);

    /// <summary>Turns text into token ids; special tokens that begin at one of the <paramref name="literal"/> places are read as words.</summary>
    internal int[] Encode(string text, bool addSpecialTokens, IReadOnlySet<int> literal)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = WellFormed(text);
        List<int> ids = new(8 + (text.Length / 3));
        if (addSpecialTokens)
        {
            ids.AddRange(_postProcessor.Before);
        }

        foreach ((int start, int length, AddedToken? token) in _originalTokens.Split(text, literal))
        {
            if (token is not null)
            {
                ids.Add(token.Id);
            }
            else
            {
                string segment = length == text.Length ? text : text.Substring(start, length);
                EncodeSegment(Normalize(segment), start == 0, ids, InNormalized(segment, start, literal));
            }
        }

        if (addSpecialTokens)
        {
            ids.AddRange(_postProcessor.After);
        }

        return [.. ids];
    }

    /// <summary>Turns token ids back into text.</summary>
    /// <param name="ids">Token ids; ids outside the vocabulary are left out, as transformers does.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        List<string> tokens = new(ids.Length);
        foreach (int id in ids)
        {
            if (_texts.TryGetValue(id, out string? token) && !(skipSpecialTokens && _special.Contains(id)))
            {
                tokens.Add(token);
            }
        }

        string text = _decoder is null ? string.Join(' ', tokens) : string.Concat(_decoder.Apply(tokens));
        return _cleansUpSpaces ? TokenCleanup.ApplyToText(text) : text;
    }

    /// <summary>Whether the id is a special (control) token.</summary>
    /// <param name="id">Any id.</param>
    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>The special tokens that stand in the text, overlapping ones too, in order.</summary>
    internal IEnumerable<(int Start, string Token)> FindSpecialTokens(string text) => _specialTexts.FindAll(text);

    private void EncodeSegment(string segment, bool atStart, List<int> ids, IReadOnlySet<int> literal)
    {
        foreach ((int start, int length, AddedToken? token) in _normalizedTokens.Split(segment, literal))
        {
            if (token is not null)
            {
                ids.Add(token.Id);
                continue;
            }

            Piece piece = new(segment, start, length, atStart && start == 0);
            if (_preTokenizer is null)
            {
                _model.Encode(piece.Span, ids);
            }
            else
            {
                _preTokenizer.Encode(piece, _model, ids);
            }
        }
    }

    // Where these places are after normalization, which may lengthen or shorten what stands before them: a stand-in marks them on the way.
    private IReadOnlySet<int> InNormalized(string segment, int start, IReadOnlySet<int> literal)
    {
        const char StandIn = '\uFDD0';
        if (literal.Count == 0 || !_hasNormalizedSpecial)
        {
            return ImmutableHashSet<int>.Empty;
        }

        string marked = string.Create(segment.Length, (segment, start, literal), static (span, state) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = state.literal.Contains(state.start + i) ? StandIn : state.segment[i];
            }
        });
        string normalized = Normalize(marked);
        return Enumerable.Range(0, normalized.Length).Where(i => normalized[i] == StandIn).ToHashSet();
    }

    private string Normalize(string text) => _normalizer is null ? text : _normalizer.Apply(text);

    // The tokens of the file, changed and completed by tokenizer_config.json as transformers does when it loads both.
    private List<AddedToken> AddedTokens(JsonElement root, TokenizerConfig config, string where)
    {
        Dictionary<int, AddedToken> added = [];
        if (root.TryGet("added_tokens", out _))
        {
            foreach (JsonElement item in root.Items("added_tokens", where))
            {
                AddedToken token = AddedToken.FromJson(item.Number("id", where), item, where);
                added[token.Id] = token;
            }
        }

        foreach (AddedToken token in config.AddedTokens)
        {
            added[token.Id] = token;
        }

        foreach (AddedToken token in added.Values)
        {
            if (token.Id < 0 || (_model.Vocabulary.TryGetValue(token.Content, out int id) && id != token.Id))
            {
                throw new RewardScoringException(
                    $"{where}: the added token '{token.Content}' has the id {token.Id}, but the vocabulary gives it another. Expected one id for one token.");
            }
        }

        return [.. added.Values];
    }

    // transformers rebuilds the template of these classes from two switches of tokenizer_config.json.
    private PostProcessor? OwnPostProcessor(TokenizerConfig config, string where)
    {
        if (config.TokenizerClass is not ("LlamaTokenizer" or "LlamaTokenizerFast" or "GemmaTokenizer" or "GemmaTokenizerFast")
            || (config.AddsBos is null && config.AddsEos is null))
        {
            return null;
        }

        bool bos = config.AddsBos ?? true;
        bool eos = config.AddsEos ?? false;
        return new PostProcessor(
            bos ? [BosTokenId ?? throw Missing("add_bos_token", "bos_token")] : [],
            eos ? [EosTokenId ?? throw Missing("add_eos_token", "eos_token")] : []);

        RewardScoringException Missing(string option, string token) =>
            new($"{where}: {option} is true, but there is no {token}. Set {token} or {option} to false in tokenizer_config.json.");
    }

    // Tokenizers work on Unicode scalar values, which lone surrogates are not.
    private static string WellFormed(string text)
    {
        for (int i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (char.IsSurrogatePair(text, i))
                {
                    i++;
                }
                else
                {
                    return Encoding.Unicode.GetString(Encoding.Unicode.GetBytes(text));
                }
            }
        }

        return text;
    }
}
