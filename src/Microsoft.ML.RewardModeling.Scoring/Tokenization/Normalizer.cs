using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Changes text before it is split, as the <c>normalizer</c> of tokenizer.json says.</summary>
internal abstract class Normalizer
{
    public abstract string Apply(string text);

    /// <summary>Reads a normalizer; null when the file has none.</summary>
    public static Normalizer? FromJson(JsonElement parent, string where)
    {
        if (!parent.TryGet("normalizer", out JsonElement element))
        {
            return null;
        }

        return Parse(element, $"{where} normalizer");
    }

    private static Normalizer Parse(JsonElement element, string where) => element.Text("type", where) switch
    {
        // Sequences inside are laid out flat, so that one limit on the text's growth holds for all.
        "Sequence" => new SequenceNormalizer([.. element.Items("normalizers", where).Select(item => Parse(item, where))
            .SelectMany(step => step is SequenceNormalizer inner ? inner.Steps : [step])]),
        "Prepend" => new PrependNormalizer(element.Text("prepend", where)),
        "Replace" => new ReplaceNormalizer(
            SplitPattern.FromJson(element.Required("pattern", where), where), element.Text("content", where)),
        "NFC" => new FormNormalizer(NormalizationForm.FormC),
        "NFD" => new FormNormalizer(NormalizationForm.FormD),
        "NFKC" => new FormNormalizer(NormalizationForm.FormKC),
        "NFKD" => new FormNormalizer(NormalizationForm.FormKD),
        "Lowercase" => new LowercaseNormalizer(),
        "Strip" => new StripNormalizer(element.Flag("strip_left", where, true), element.Flag("strip_right", where, true)),
        "StripAccents" => new StripAccentsNormalizer(),
        "BertNormalizer" => BertNormalizer.Parse(element, where),
        "Nmt" => new NmtNormalizer(),
        "Precompiled" => PrecompiledNormalizer.Parse(element, where),
        "ByteLevel" => new ByteLevelNormalizer(),
        string type => throw JsonFields.Unsupported(where, $"the normalizer '{type}'"),
    };
}

internal sealed class SequenceNormalizer(Normalizer[] normalizers) : Normalizer
{
    public Normalizer[] Steps => normalizers;

    public override string Apply(string text)
    {
        int limit = ReplaceNormalizer.LongestFor(text);
        foreach (Normalizer normalizer in normalizers)
        {
            text = normalizer.Apply(text);
            ReplaceNormalizer.Check(text.Length, limit);
        }

        return text;
    }
}

internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    public override string Apply(string text) => text.Length == 0 ? text : prefix + text;
}

internal sealed class ReplaceNormalizer(SplitPattern pattern, string content) : Normalizer
{
    private readonly char? _single = pattern is StringPattern { Value: [char value] } ? value : null;

    public override string Apply(string text)
    {
        if (_single is char value && content.Length == 1)
        {
            return text.Replace(value, content[0]);
        }

        List<Part> parts = [];
        pattern.Find(text, parts);
        long length = parts.Sum(part => part.IsMatch ? (long)content.Length : part.Length);
        Check(length, LongestFor(text));
        StringBuilder result = new((int)length);
        foreach (Part part in parts)
        {
            _ = part.IsMatch ? result.Append(content) : result.Append(text, part.Start, part.Length);
        }

        return result.ToString();
    }

    /// <summary>How long a normalized text may become: far more than any real tokenizer makes of it.</summary>
    public static int LongestFor(string text) => (int)Math.Min(int.MaxValue / 4, (1L << 16) + (64L * text.Length));

    /// <summary>Refuses what a damaged file would blow up.</summary>
    public static void Check(long length, int limit)
    {
        if (length > limit)
        {
            throw new RewardScoringException(
                $"The tokenizer's normalizer makes a text longer than {limit} characters of a much shorter one. Its file is damaged; get it again.");
        }
    }
}

internal sealed class FormNormalizer(NormalizationForm form) : Normalizer
{
    // In .NET's invariant-globalization mode Normalize returns non-ASCII text unchanged and says nothing.
    private static readonly bool Works = "e\u0301".Normalize(NormalizationForm.FormC).Length == 1;

    public override string Apply(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        if (!Works)
        {
            throw new RewardScoringException(
                "This tokenizer normalizes Unicode text, which .NET cannot do here: the application runs in invariant-globalization mode "
                + "or without ICU. Set InvariantGlobalization to false (DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0) and install libicu.");
        }

        // Normalize refuses the noncharacter U+FFFE, which no normal form changes.
        return text.Contains('\uFFFE', StringComparison.Ordinal)
            ? string.Join('\uFFFE', text.Split('\uFFFE').Select(part => part.Normalize(form)))
            : text.Normalize(form);
    }
}

internal sealed class LowercaseNormalizer : Normalizer
{
    public override string Apply(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text.ToLowerInvariant();
        }

        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            // The only character whose lower case is two; .NET's invariant mapping keeps it.
            _ = rune.Value == 0x130 ? result.Append("i\u0307") : result.Append(Rune.ToLowerInvariant(rune).ToString());
        }

        return result.ToString();
    }
}

internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    public override string Apply(string text)
    {
        text = left ? text.TrimStart() : text;
        return right ? text.TrimEnd() : text;
    }
}

internal sealed class StripAccentsNormalizer : Normalizer
{
    public override string Apply(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.EnclosingMark))
            {
                result.Append(rune.ToString());
            }
        }

        return result.ToString();
    }
}

internal sealed class ByteLevelNormalizer : Normalizer
{
    public override string Apply(string text) => ByteLevelAlphabet.Encode(text);
}

/// <summary>The cleaning of the NMT normalization of SentencePiece: some controls go, some characters become spaces.</summary>
internal sealed class NmtNormalizer : Normalizer
{
    public override string Apply(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (char c in text)
        {
            if (c is (>= '\u0001' and <= '\u0008') or '\u000B' or (>= '\u000E' and <= '\u001F') or '\u007F' or '\u008F' or '\u009F')
            {
                continue;
            }

            bool space = c is '\t' or '\n' or '\f' or '\r' or '\u1680' or (>= '\u200B' and <= '\u200F') or '\u2028' or '\u2029' or '\u2581'
                or '\uFEFF' or '\uFFFD';
            result.Append(space ? ' ' : c);
        }

        return result.ToString();
    }
}
