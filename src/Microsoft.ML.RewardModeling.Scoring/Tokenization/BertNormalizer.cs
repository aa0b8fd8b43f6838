using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>BERT's basic cleaning: no controls, plain spaces, spaces around CJK ideographs, no accents, lower case; each can be switched.</summary>
internal sealed class BertNormalizer(bool cleanText, bool handleChinese, bool stripAccents, bool lowercase) : Normalizer
{
    private readonly Normalizer _decompose = new FormNormalizer(NormalizationForm.FormD);
    private readonly Normalizer _lowercase = new LowercaseNormalizer();

    public static BertNormalizer Parse(JsonElement element, string where)
    {
        bool lowercase = element.Flag("lowercase", where, true);
        return new BertNormalizer(
            element.Flag("clean_text", where, true), element.Flag("handle_chinese_chars", where, true),
            element.Flag("strip_accents", where, lowercase), lowercase);
    }

    public override string Apply(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (cleanText && IsRemoved(rune))
            {
                continue;
            }

            bool ideograph = handleChinese && IsIdeograph(rune.Value);
            _ = ideograph ? clean.Append(' ') : clean;
            _ = cleanText && Rune.IsWhiteSpace(rune) ? clean.Append(' ') : Append(clean, rune);
            _ = ideograph ? clean.Append(' ') : clean;
        }

        text = clean.ToString();
        if (stripAccents)
        {
            clean.Clear();
            foreach (Rune rune in _decompose.Apply(text).EnumerateRunes())
            {
                _ = Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark ? clean : Append(clean, rune);
            }

            text = clean.ToString();
        }

        return lowercase ? _lowercase.Apply(text) : text;
    }

    private static bool IsRemoved(Rune rune) => rune.Value is 0 or 0xFFFD
        || (rune.Value is not ('\t' or '\n' or '\r')
            && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse);

    // The blocks of CJK ideographs that BERT's own tokenizer names.
    private static bool IsIdeograph(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x2F800 and <= 0x2FA1F);

    private static StringBuilder Append(StringBuilder builder, Rune rune)
    {
        Span<char> chars = stackalloc char[2];
        return builder.Append(chars[..rune.EncodeToUtf16(chars)]);
    }
}
