using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Turns tokens back into text, as the <c>decoder</c> of tokenizer.json says. The results of a step, joined, are the text.</summary>
internal abstract class TokenDecoder
{
    public abstract List<string> Apply(List<string> tokens);

    /// <summary>Reads a decoder; null when the file has none (then tokens are joined by spaces).</summary>
    public static TokenDecoder? FromJson(JsonElement parent, string where) =>
        parent.TryGet("decoder", out JsonElement element) ? Parse(element, $"{where} decoder") : null;

    private static TokenDecoder Parse(JsonElement element, string where) => element.Text("type", where) switch
    {
        "Sequence" => new SequenceDecoder([.. element.Items("decoders", where).Select(item => Parse(item, where))]),
        "ByteLevel" => new ByteLevelDecoder(),
        "ByteFallback" => new ByteFallbackDecoder(),
        "Fuse" => new FuseDecoder(),
        "Replace" => new ReplaceDecoder(new ReplaceNormalizer(
            SplitPattern.FromJson(element.Required("pattern", where), where), element.Text("content", where))),
        "Strip" => StripDecoder.Parse(element, where),
        "Metaspace" => element.Text("replacement", where) is { Length: > 0 } replacement
            ? new MetaspaceDecoder(replacement, KeepsFirst(element, where))
            : throw JsonFields.Unsupported(where, "an empty replacement"),
        "BPEDecoder" => new SuffixDecoder(element.TryGet("suffix", out _) ? element.Text("suffix", where) : "</w>"),
        "WordPiece" => new WordPieceDecoder(
            element.TryGet("prefix", out _) ? element.Text("prefix", where) : "##", element.Flag("cleanup", where, true)),
        "CTC" => new CtcDecoder(
            element.TryGet("pad_token", out _) ? element.Text("pad_token", where) : "<pad>",
            element.TryGet("word_delimiter_token", out _) ? element.Text("word_delimiter_token", where) : "|",
            element.Flag("cleanup", where, true)),
        string type => throw JsonFields.Unsupported(where, $"the decoder '{type}'"),
    };

    private static bool KeepsFirst(JsonElement element, string where) => element.TryGet("prepend_scheme", out _)
        ? element.Text("prepend_scheme", where) == "never"
        : !element.Flag("add_prefix_space", where, true);
}

internal sealed class SequenceDecoder(TokenDecoder[] steps) : TokenDecoder
{
    public override List<string> Apply(List<string> tokens) => steps.Aggregate(tokens, (current, step) => step.Apply(current));
}

internal sealed class ByteLevelDecoder : TokenDecoder
{
    public override List<string> Apply(List<string> tokens) =>
        [Encoding.UTF8.GetString([.. tokens.SelectMany(ByteLevelAlphabet.Decode)])];
}

/// <summary>Joins <c>&lt;0x41&gt;</c> tokens to characters; bytes that are no UTF-8 become one U+FFFD each.</summary>
internal sealed class ByteFallbackDecoder : TokenDecoder
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public override List<string> Apply(List<string> tokens)
    {
        List<string> result = new(tokens.Count);
        List<byte> bytes = [];
        foreach (string token in tokens)
        {
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                bytes.Add(value);
                continue;
            }

            Flush(bytes, result);
            result.Add(token);
        }

        Flush(bytes, result);
        return result;
    }

    private static void Flush(List<byte> bytes, List<string> result)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        try
        {
            result.Add(Strict.GetString([.. bytes]));
        }
        catch (ArgumentException)
        {
            result.AddRange(Enumerable.Repeat("\uFFFD", bytes.Count));
        }

        bytes.Clear();
    }
}

internal sealed class FuseDecoder : TokenDecoder
{
    public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
}

internal sealed class ReplaceDecoder(ReplaceNormalizer replace) : TokenDecoder
{
    public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(replace.Apply);
}

internal sealed class StripDecoder(char content, int start, int stop) : TokenDecoder
{
    public static StripDecoder Parse(JsonElement element, string where) => element.Text("content", where) is [char content]
        ? new StripDecoder(content, element.Number("start", where), element.Number("stop", where))
        : throw JsonFields.Unsupported(where, "a 'content' of more or less than one character");

    public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(token =>
    {
        int from = 0;
        while (from < start && from < token.Length && token[from] == content)
        {
            from++;
        }

        int to = token.Length;
        while (token.Length - to < stop && to > from && token[to - 1] == content)
        {
            to--;
        }

        return token[from..to];
    });
}

internal sealed class MetaspaceDecoder(string replacement, bool keepsFirst) : TokenDecoder
{
    public override List<string> Apply(List<string> tokens) =>
        [.. tokens.Select((token, i) => token.Replace(replacement, i == 0 && !keepsFirst ? "" : " ", StringComparison.Ordinal))];
}

/// <summary>A suffix marks the end of a word.</summary>
internal sealed class SuffixDecoder(string suffix) : TokenDecoder
{
    public override List<string> Apply(List<string> tokens) =>
        suffix.Length == 0
            ? tokens
            : [.. tokens.Select((token, i) => token.Replace(suffix, i == tokens.Count - 1 ? "" : " ", StringComparison.Ordinal))];
}

/// <summary>A prefix marks what continues a word; everything else begins one.</summary>
internal sealed class WordPieceDecoder(string prefix, bool cleanup) : TokenDecoder
{
    public override List<string> Apply(List<string> tokens) =>
    [
        .. tokens.Select((token, i) =>
        {
            token = i == 0 ? token : token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
            return cleanup ? TokenCleanup.Apply(token) : token;
        }),
    ];
}

/// <summary>Connectionist temporal classification: repeated tokens count once, padding not at all.</summary>
internal sealed class CtcDecoder(string pad, string delimiter, bool cleanup) : TokenDecoder
{
    public override List<string> Apply(List<string> tokens)
    {
        List<string> result = new(tokens.Count);
        for (int i = 0; i < tokens.Count; i++)
        {
            if (i > 0 && tokens[i] == tokens[i - 1])
            {
                continue;
            }

            string token = Without(tokens[i], pad, "");
            token = cleanup ? Without(TokenCleanup.Apply(token), delimiter, " ") : token;
            if (token.Length > 0)
            {
                result.Add(token);
            }
        }

        return result;
    }

    private static string Without(string text, string part, string with) =>
        part.Length == 0 ? text : text.Replace(part, with, StringComparison.Ordinal);
}
