using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>The classes of characters that the reference implementation asks for and .NET has no single call for.</summary>
internal static class UnicodeClass
{
    /// <summary>ASCII punctuation and symbols, and Unicode's punctuation.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? char.IsPunctuation((char)rune.Value) || char.IsSymbol((char)rune.Value)
        : Rune.IsPunctuation(rune);

    /// <summary><c>\w</c> of the Rust regex crate (UTS 18): alphabetic, mark, decimal number, connector punctuation, join control.</summary>
    public static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
            or UnicodeCategory.ConnectorPunctuation => true,
        // Circled and squared letters are alphabetic symbols.
        UnicodeCategory.OtherSymbol => rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169)
            or (>= 0x1F170 and <= 0x1F189),
        UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
        _ => false,
    };
}
