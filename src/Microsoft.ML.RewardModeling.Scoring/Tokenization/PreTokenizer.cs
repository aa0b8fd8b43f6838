using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>A piece of text on its way to the model. <see cref="AtStart"/>: it begins where the whole text begins.</summary>
internal readonly record struct Piece(string Text, int Start, int Length, bool AtStart)
{
    public ReadOnlySpan<char> Span => Text.AsSpan(Start, Length);

    public string Whole => Start == 0 && Length == Text.Length ? Text : Text.Substring(Start, Length);
}

/// <summary>Splits text into the pieces within which tokens are merged, as the <c>pre_tokenizer</c> of tokenizer.json says.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Splits one piece; empty pieces are never added.</summary>
    public abstract void Apply(Piece piece, List<Piece> pieces);

    /// <summary>
    /// Reads a pre-tokenizer; null when the file has none. <paramref name="byteLevel"/>: the last step writes the pieces in the byte alphabet.
    /// The model does that itself, so that a piece it has seen before costs one look-up.
    /// </summary>
    public static PreTokenizer? FromJson(JsonElement parent, string where, out bool byteLevel)
    {
        byteLevel = false;
        return parent.TryGet("pre_tokenizer", out JsonElement element) ? Parse(element, $"{where} pre_tokenizer", ref byteLevel) : null;
    }

    protected static void Split(Piece piece, SplitPattern pattern, SplitBehavior behavior, bool invert, List<Piece> pieces)
    {
        List<Part> parts = [];
        string text = piece.Whole;
        pattern.Find(text, parts);
        foreach (Part part in SplitBehaviors.Apply(parts, behavior, invert))
        {
            if (part.Length > 0)
            {
                pieces.Add(new Piece(text, part.Start, part.Length, piece.AtStart && part.Start == 0));
            }
        }
    }

    private static PreTokenizer Parse(JsonElement element, string where, ref bool byteLevel)
    {
        if (byteLevel)
        {
            throw JsonFields.Unsupported(where, "a step after ByteLevel");
        }

        switch (element.Text("type", where))
        {
            case "Sequence":
                List<PreTokenizer> steps = [];
                foreach (JsonElement item in element.Items("pretokenizers", where))
                {
                    steps.Add(Parse(item, where, ref byteLevel));
                }

                return new SequencePreTokenizer([.. steps]);
            case "ByteLevel":
                byteLevel = true;
                return new ByteLevelPreTokenizer(
                    element.Flag("add_prefix_space", where, true), element.Flag("use_regex", where, true), where);
            case "Split":
                return new SplitPreTokenizer(
                    SplitPattern.FromJson(element.Required("pattern", where), where),
                    SplitBehaviors.Parse(element.Text("behavior", where), where),
                    element.Flag("invert", where, false));
            case "Digits":
                return new SplitPreTokenizer(
                    new RunePattern(Rune.IsNumber),
                    element.Flag("individual_digits", where, false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous,
                    false);
            case "Punctuation":
                return new SplitPreTokenizer(
                    new RunePattern(IsPunctuation),
                    element.TryGet("behavior", out _) ? SplitBehaviors.Parse(element.Text("behavior", where), where) : SplitBehavior.Isolated,
                    false);
            case "Whitespace":
                return new SplitPreTokenizer(
                    new RegexPattern(OnigurumaPattern.ToRegex(@"\w+|(?:(?!\w)\S)+", where)), SplitBehavior.Removed, true);
            case "WhitespaceSplit":
                return new SplitPreTokenizer(new RunePattern(Rune.IsWhiteSpace), SplitBehavior.Removed, false);
            case "CharDelimiterSplit":
                return new SplitPreTokenizer(new StringPattern(element.Text("delimiter", where)), SplitBehavior.Removed, false);
            case "Metaspace":
                return MetaspacePreTokenizer.Parse(element, where);
            case var type:
                throw JsonFields.Unsupported(where, $"the pre-tokenizer '{type}'");
        }
    }

    private static bool IsPunctuation(Rune rune) =>
        (rune.IsAscii && (char.IsPunctuation((char)rune.Value) || char.IsSymbol((char)rune.Value))) || Rune.IsPunctuation(rune);
}

internal sealed class SequencePreTokenizer(PreTokenizer[] steps) : PreTokenizer
{
    public override void Apply(Piece piece, List<Piece> pieces)
    {
        List<Piece> current = [piece];
        foreach (PreTokenizer step in steps)
        {
            List<Piece> next = new(current.Count);
            foreach (Piece part in current)
            {
                step.Apply(part, next);
            }

            current = next;
        }

        pieces.AddRange(current);
    }
}

internal sealed class SplitPreTokenizer(SplitPattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    public override void Apply(Piece piece, List<Piece> pieces) => Split(piece, pattern, behavior, invert, pieces);
}

internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex, string where) : PreTokenizer
{
    // The words of GPT-2 (Radford et al. 2019, encoder.py).
    private const string Words = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private readonly SplitPattern? _words = useRegex ? new RegexPattern(OnigurumaPattern.ToRegex(Words, where)) : null;

    public override void Apply(Piece piece, List<Piece> pieces)
    {
        if (addPrefixSpace && piece.Span[0] != ' ')
        {
            string text = " " + piece.Whole;
            piece = new Piece(text, 0, text.Length, piece.AtStart);
        }

        if (_words is null)
        {
            pieces.Add(piece);
        }
        else
        {
            Split(piece, _words, SplitBehavior.Isolated, false, pieces);
        }
    }
}

internal sealed class MetaspacePreTokenizer(string replacement, string scheme, bool split) : PreTokenizer
{
    public static MetaspacePreTokenizer Parse(JsonElement element, string where)
    {
        // Files written before prepend_scheme existed say add_prefix_space.
        string scheme = element.TryGet("prepend_scheme", out _)
            ? element.Text("prepend_scheme", where)
            : element.Flag("add_prefix_space", where, true) ? "always" : "never";
        return scheme is "always" or "first" or "never"
            ? new MetaspacePreTokenizer(element.Text("replacement", where), scheme, element.Flag("split", where, true))
            : throw JsonFields.Unsupported(where, $"the prepend_scheme '{scheme}'");
    }

    public override void Apply(Piece piece, List<Piece> pieces)
    {
        string text = piece.Whole.Replace(" ", replacement, StringComparison.Ordinal);
        if ((scheme == "always" || (scheme == "first" && piece.AtStart)) && !text.StartsWith(replacement, StringComparison.Ordinal))
        {
            text = replacement + text;
        }

        Piece replaced = new(text, 0, text.Length, piece.AtStart);
        if (split)
        {
            Split(replaced, new StringPattern(replacement), SplitBehavior.MergedWithNext, false, pieces);
        }
        else
        {
            pieces.Add(replaced);
        }
    }
}
