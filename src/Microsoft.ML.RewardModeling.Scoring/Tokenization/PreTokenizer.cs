using System.Runtime.InteropServices;
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

    /// <summary>Splits one piece and gives the parts to the model.</summary>
    public virtual void Encode(Piece piece, TokenModel model, List<int> ids)
    {
        List<Piece> pieces = [];
        Apply(piece, pieces);
        foreach (ref readonly Piece part in CollectionsMarshal.AsSpan(pieces))
        {
            model.Encode(part.Span, ids);
        }
    }

    /// <summary>
    /// Reads a pre-tokenizer; null when the file has none. <paramref name="byteLevel"/>: the last step writes the pieces in the byte alphabet.
    /// The model does that itself, so that a piece it has seen before costs one look-up.
    /// </summary>
    public static PreTokenizer? FromJson(JsonElement parent, string where, out bool byteLevel)
    {
        byteLevel = false;
        return parent.TryGet("pre_tokenizer", out JsonElement element) ? Parse(element, $"{where} pre_tokenizer", true, ref byteLevel) : null;
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

    private static PreTokenizer Parse(JsonElement element, string where, bool last, ref bool byteLevel)
    {
        switch (element.Text("type", where))
        {
            case "Sequence":
                JsonElement[] items = [.. element.Items("pretokenizers", where)];
                List<PreTokenizer> steps = [];
                for (int i = 0; i < items.Length; i++)
                {
                    PreTokenizer step = Parse(items[i], where, last && i == items.Length - 1, ref byteLevel);
                    if (step is not ByteLevelPreTokenizer { DoesNothing: true })
                    {
                        steps.AddRange(step is SequencePreTokenizer inner ? inner.Steps : [step]);
                    }
                }

                if (steps.OfType<ByteLevelPreTokenizer>().Skip(1).Any())
                {
                    throw JsonFields.Unsupported(where, "a second ByteLevel");
                }

                return steps.Count == 1 ? steps[0] : new SequencePreTokenizer([.. steps]);
            case "ByteLevel":
                byteLevel |= last;
                return new ByteLevelPreTokenizer(element.Flag("add_prefix_space", where, true), element.Flag("use_regex", where, true), !last);
            case "Split":
                return SplitPreTokenizer.Parse(element, where);
            case "Digits":
                return new SplitPreTokenizer(
                    new RunePattern(Rune.IsNumber),
                    element.Flag("individual_digits", where, false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous,
                    false);
            case "Punctuation":
                return new SplitPreTokenizer(
                    new RunePattern(UnicodeClass.IsPunctuation),
                    element.TryGet("behavior", out _) ? SplitBehaviors.Parse(element.Text("behavior", where), where) : SplitBehavior.Isolated,
                    false);
            case "Whitespace":
                return new WhitespacePreTokenizer();
            case "WhitespaceSplit":
                return new SplitPreTokenizer(new RunePattern(Rune.IsWhiteSpace), SplitBehavior.Removed, false);
            case "BertPreTokenizer":
                return new SequencePreTokenizer(
                [
                    new SplitPreTokenizer(new RunePattern(Rune.IsWhiteSpace), SplitBehavior.Removed, false),
                    new SplitPreTokenizer(new RunePattern(UnicodeClass.IsPunctuation), SplitBehavior.Isolated, false),
                ]);
            case "CharDelimiterSplit":
                return new SplitPreTokenizer(new StringPattern(element.Text("delimiter", where)), SplitBehavior.Removed, false);
            case "Metaspace":
                return MetaspacePreTokenizer.Parse(element, where);
            case "UnicodeScripts":
                return new UnicodeScriptsPreTokenizer();
            case "FixedLength":
                return FixedLengthPreTokenizer.Parse(element, where);
            case var type:
                throw JsonFields.Unsupported(where, $"the pre-tokenizer '{type}'");
        }
    }
}

internal sealed class SequencePreTokenizer(PreTokenizer[] steps) : PreTokenizer
{
    public PreTokenizer[] Steps => steps;

    public override void Apply(Piece piece, List<Piece> pieces) => pieces.AddRange(Apply(piece, steps));

    public override void Encode(Piece piece, TokenModel model, List<int> ids)
    {
        if (steps.Length == 0)
        {
            model.Encode(piece.Span, ids);
            return;
        }

        // The last step hands its pieces on one by one.
        foreach (Piece part in Apply(piece, steps.AsSpan(0, steps.Length - 1)))
        {
            steps[^1].Encode(part, model, ids);
        }
    }

    private static List<Piece> Apply(Piece piece, ReadOnlySpan<PreTokenizer> steps)
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

        return current;
    }
}

internal sealed class SplitPreTokenizer(SplitPattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
{
    public static PreTokenizer Parse(JsonElement element, string where)
    {
        SplitBehavior behavior = SplitBehaviors.Parse(element.Text("behavior", where), where);
        bool invert = element.Flag("invert", where, false);
        JsonElement pattern = element.Required("pattern", where);

        // The known expressions match everything: to keep the matches and to drop what is no match are the same.
        if (pattern.TryGet("Regex", out _) && WordSplitter.For(pattern.Text("Regex", where)) is WordSplitter words
            && (behavior, invert) is (SplitBehavior.Isolated, _) or (SplitBehavior.Removed, true))
        {
            return new WordPreTokenizer(words);
        }

        return new SplitPreTokenizer(SplitPattern.FromJson(pattern, where), behavior, invert);
    }

    public override void Apply(Piece piece, List<Piece> pieces) => Split(piece, pattern, behavior, invert, pieces);
}

/// <summary>Splits by one of the expressions that are matched by hand.</summary>
internal sealed class WordPreTokenizer(WordSplitter words) : PreTokenizer
{
    public override void Apply(Piece piece, List<Piece> pieces)
    {
        ReadOnlySpan<char> text = piece.Span;
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = words.End(text, start);
            pieces.Add(new Piece(piece.Text, piece.Start + start, end - start, piece.AtStart && start == 0));
        }
    }

    public override void Encode(Piece piece, TokenModel model, List<int> ids)
    {
        ReadOnlySpan<char> text = piece.Span;
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = words.End(text, start);
            model.Encode(text[start..end], ids);
        }
    }
}

internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex, bool writesBytes) : PreTokenizer
{
    private readonly WordPreTokenizer? _words = useRegex ? new WordPreTokenizer(WordSplitter.For(WordSplitter.Gpt2)!) : null;

    /// <summary>Whether every piece stays as it is.</summary>
    public bool DoesNothing => !addPrefixSpace && !useRegex && !writesBytes;

    public override void Apply(Piece piece, List<Piece> pieces)
    {
        int first = pieces.Count;
        if (_words is null)
        {
            pieces.Add(Prefixed(piece));
        }
        else
        {
            _words.Apply(Prefixed(piece), pieces);
        }

        for (int i = first; writesBytes && i < pieces.Count; i++)
        {
            string bytes = ByteLevelAlphabet.Encode(pieces[i].Span);
            pieces[i] = new Piece(bytes, 0, bytes.Length, pieces[i].AtStart);
        }
    }

    public override void Encode(Piece piece, TokenModel model, List<int> ids)
    {
        if (_words is null || writesBytes)
        {
            base.Encode(piece, model, ids);
        }
        else
        {
            _words.Encode(Prefixed(piece), model, ids);
        }
    }

    private Piece Prefixed(Piece piece)
    {
        if (!addPrefixSpace || piece.Span[0] == ' ')
        {
            return piece;
        }

        string text = " " + piece.Whole;
        return new Piece(text, 0, text.Length, piece.AtStart);
    }
}

internal sealed class MetaspacePreTokenizer(string replacement, string scheme, bool split) : PreTokenizer
{
    private readonly StringPattern _pattern = new(replacement);

    public static MetaspacePreTokenizer Parse(JsonElement element, string where)
    {
        // Files written before prepend_scheme existed say add_prefix_space.
        string scheme = element.TryGet("prepend_scheme", out _)
            ? element.Text("prepend_scheme", where)
            : element.Flag("add_prefix_space", where, true) ? "always" : "never";
        string replacement = element.Text("replacement", where);
        if (replacement.Length != 1)
        {
            throw JsonFields.Unsupported(where, $"the replacement '{replacement}' of more or less than one character");
        }

        return scheme is "always" or "first" or "never"
            ? new MetaspacePreTokenizer(replacement, scheme, element.Flag("split", where, true))
            : throw JsonFields.Unsupported(where, $"the prepend_scheme '{scheme}'");
    }

    public override void Apply(Piece piece, List<Piece> pieces)
    {
        string text = piece.Whole.Replace(' ', replacement[0]);
        if ((scheme == "always" || (scheme == "first" && piece.AtStart)) && !text.StartsWith(replacement, StringComparison.Ordinal))
        {
            text = replacement + text;
        }

        Piece replaced = new(text, 0, text.Length, piece.AtStart);
        if (split)
        {
            Split(replaced, _pattern, SplitBehavior.MergedWithNext, false, pieces);
        }
        else
        {
            pieces.Add(replaced);
        }
    }
}

/// <summary>Words and what stands between them, without white space: <c>\w+|[^\w\s]+</c>.</summary>
internal sealed class WhitespacePreTokenizer : PreTokenizer
{
    public override void Apply(Piece piece, List<Piece> pieces)
    {
        int start = 0;
        int position = 0;
        int current = 0;
        foreach (Rune rune in piece.Span.EnumerateRunes())
        {
            int kind = UnicodeClass.IsWord(rune) ? 1 : Rune.IsWhiteSpace(rune) ? 0 : 2;
            if (kind != current)
            {
                Add(position);
                (start, current) = (position, kind);
            }

            position += rune.Utf16SequenceLength;
        }

        Add(position);

        void Add(int end)
        {
            if (current != 0)
            {
                pieces.Add(new Piece(piece.Text, piece.Start + start, end - start, piece.AtStart && start == 0));
            }
        }
    }
}

/// <summary>
/// Splits where the script changes; kana counts as Han and a space as any script. As in the reference, white space before the first
/// character that has a script is dropped.
/// </summary>
internal sealed class UnicodeScriptsPreTokenizer : PreTokenizer
{
    private const int Any = -1;
    private static readonly int Han = UnicodeScripts.Number("Han");
    private static readonly int Hiragana = UnicodeScripts.Number("Hiragana");
    private static readonly int Katakana = UnicodeScripts.Number("Katakana");

    public override void Apply(Piece piece, List<Piece> pieces)
    {
        int? last = null;
        int start = -1;
        int position = 0;
        foreach (Rune rune in piece.Span.EnumerateRunes())
        {
            int script = Script(rune.Value);
            if (script != Any && script != last)
            {
                Add(position);
                (start, last) = (position, script);
            }

            position += rune.Utf16SequenceLength;
        }

        Add(position);

        void Add(int end)
        {
            if (start >= 0)
            {
                pieces.Add(new Piece(piece.Text, piece.Start + start, end - start, piece.AtStart && start == 0));
            }
        }
    }

    private static int Script(int codePoint)
    {
        int script = codePoint switch
        {
            ' ' => Any,
            0x30FC => Han,
            _ => UnicodeScripts.Of(codePoint),
        };
        return script == Hiragana || script == Katakana ? Han : script;
    }
}

/// <summary>Pieces of a fixed number of characters.</summary>
internal sealed class FixedLengthPreTokenizer(int length) : PreTokenizer
{
    public static FixedLengthPreTokenizer Parse(JsonElement element, string where)
    {
        int length = element.TryGet("length", out _) ? element.Number("length", where) : 5;
        return length > 0 ? new FixedLengthPreTokenizer(length) : throw JsonFields.Unsupported(where, $"the length {length}");
    }

    public override void Apply(Piece piece, List<Piece> pieces)
    {
        int start = 0;
        int position = 0;
        int count = 0;
        foreach (Rune rune in piece.Span.EnumerateRunes())
        {
            position += rune.Utf16SequenceLength;
            if (++count == length)
            {
                Add();
            }
        }

        if (count > 0)
        {
            Add();
        }

        void Add()
        {
            pieces.Add(new Piece(piece.Text, piece.Start + start, position - start, piece.AtStart && start == 0));
            (start, count) = (position, 0);
        }
    }
}
