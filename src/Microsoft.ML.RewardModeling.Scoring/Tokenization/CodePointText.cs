using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// A text with one char for every code point, for .NET regular expressions. They see a supplementary character as two surrogates of category
/// Cs, where the tokenizers' own engine sees one letter, number or symbol. So each supplementary character is shown as a rare
/// character of the basic plane that has the same general category; <see cref="Original"/> leads back.
/// </summary>
internal sealed class CodePointText
{
    // A circled letter is a symbol that counts as a word character (Other_Alphabetic).
    private const char CircledLetter = '\u24B6';

    // For patterns that name scripts, ideographs and kana beyond the basic plane stay what they are.
    private const char Ideograph = '\u9FD5';
    private const char HiraganaLetter = '\u309F';
    private const char KatakanaLetter = '\u30FF';
    private readonly int[]? _starts;

    private CodePointText(string shadow, int[]? starts)
    {
        Shadow = shadow;
        _starts = starts;
    }

    public string Shadow { get; }

    /// <summary>The stand-ins: a pattern that names one of them in a range would be misread.</summary>
    public static IReadOnlyList<char> StandIns { get; } =
        [.. Enum.GetValues<UnicodeCategory>().Select(StandIn).Where(c => c != '\0').Append(CircledLetter)];

    /// <summary>Further stand-ins of texts for patterns that name scripts.</summary>
    public static IReadOnlyList<char> ScriptStandIns { get; } = [Ideograph, HiraganaLetter, KatakanaLetter];

    /// <summary>The UTF-16 position of a position in <see cref="Shadow"/>.</summary>
    public int Original(int position) => _starts is null ? position : _starts[position];

    /// <summary>The text; <paramref name="scripts"/>: with the stand-ins that tell scripts apart.</summary>
    public static CodePointText Of(string text, bool scripts = false)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return new CodePointText(text, null);
        }

        StringBuilder shadow = new(text.Length);
        List<int> starts = new(text.Length + 1);
        for (int i = 0; i < text.Length;)
        {
            starts.Add(i);
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                shadow.Append(StandIn(new Rune(text[i], text[i + 1]), scripts));
                i += 2;
            }
            else
            {
                shadow.Append(text[i++]);
            }
        }

        starts.Add(text.Length);
        return new CodePointText(shadow.ToString(), [.. starts]);
    }

    private static char StandIn(Rune rune, bool scripts) => rune.Value switch
    {
        (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189) => CircledLetter,
        (>= 0x1AFF0 and <= 0x1B16F) or (>= 0x20000 and <= 0x3FFFF) when scripts => ScriptStandIn(rune),
        _ => StandIn(Rune.GetUnicodeCategory(rune)),
    };

    private static char ScriptStandIn(Rune rune)
    {
        int script = UnicodeScripts.Of(rune.Value);
        return script == UnicodeScripts.Number("Han") ? Ideograph
            : script == UnicodeScripts.Number("Hiragana") ? HiraganaLetter
            : script == UnicodeScripts.Number("Katakana") ? KatakanaLetter
            : StandIn(Rune.GetUnicodeCategory(rune));
    }

    private static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\uA640',
        UnicodeCategory.LowercaseLetter => '\uA641',
        UnicodeCategory.TitlecaseLetter => '\u01C5',
        UnicodeCategory.ModifierLetter => '\uA717',
        UnicodeCategory.OtherLetter => '\uA6A0',
        UnicodeCategory.NonSpacingMark => '\uA66F',
        UnicodeCategory.SpacingCombiningMark => '\uA823',
        UnicodeCategory.EnclosingMark => '\uA670',
        UnicodeCategory.DecimalDigitNumber => '\uA620',
        UnicodeCategory.LetterNumber => '\uA6E6',
        UnicodeCategory.OtherNumber => '\uA830',
        UnicodeCategory.DashPunctuation => '\u2E17',
        UnicodeCategory.OpenPunctuation => '\u2E22',
        UnicodeCategory.ClosePunctuation => '\u2E23',
        UnicodeCategory.InitialQuotePunctuation => '\u2E02',
        UnicodeCategory.FinalQuotePunctuation => '\u2E03',
        UnicodeCategory.OtherPunctuation => '\uA60D',
        UnicodeCategory.ConnectorPunctuation => '\u203F',
        UnicodeCategory.MathSymbol => '\u2A00',
        UnicodeCategory.CurrencySymbol => '\uA838',
        UnicodeCategory.ModifierSymbol => '\uA700',
        UnicodeCategory.OtherSymbol => '\uA828',
        UnicodeCategory.Format => '\u206A',
        UnicodeCategory.PrivateUse => '\uE000',
        UnicodeCategory.OtherNotAssigned => '\u0378',
        // The supplementary planes hold no separators, controls or surrogates.
        _ => '\0',
    };
}
