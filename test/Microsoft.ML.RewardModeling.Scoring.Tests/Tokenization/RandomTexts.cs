using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>Odd texts from a seed: scripts, combining marks, joined emoji, runs of white space, controls, digits, words, special tokens.</summary>
internal static class RandomTexts
{
    // The characters that Unicode had assigned when the oldest of the compared implementations was made: 12.0, of March 2019.
    private static readonly (int First, int Last)[] Scripts =
    [
        (0x20, 0x7E), (0x20, 0x7E), (0x20, 0x7E), (0xA0, 0xFF), (0x100, 0x24F), (0x250, 0x2AF), (0x300, 0x36F), (0x391, 0x3A1), (0x3A3, 0x3FF),
        (0x400, 0x52F), (0x531, 0x556), (0x5D0, 0x5EA), (0x591, 0x5C7), (0x620, 0x669), (0x904, 0x94D), (0x985, 0x98C), (0xE01, 0xE3A),
        (0xE40, 0xE4E), (0xF40, 0xF47), (0x10D0, 0x10FA), (0x1100, 0x11FF), (0x1E00, 0x1EFF), (0x1F00, 0x1F15), (0x2010, 0x2027),
        (0x2030, 0x205E), (0x2070, 0x2071), (0x2074, 0x208E), (0x20A0, 0x20BF), (0x2100, 0x218B), (0x2190, 0x23FF), (0x2460, 0x27BF),
        (0x3000, 0x303F), (0x3041, 0x3096), (0x30A0, 0x30FF), (0x3131, 0x318E), (0x4E00, 0x9FEF), (0x4E00, 0x9FEF), (0xAC00, 0xD7A3),
        (0xF900, 0xFA6D), (0xFB00, 0xFB06), (0xFF01, 0xFF9D), (0x1D400, 0x1D454), (0x1D7CE, 0x1D7FF), (0x1F130, 0x1F16B), (0x1F300, 0x1F64F),
        (0x1F680, 0x1F6C5), (0x20000, 0x2A6D6), (0x2F800, 0x2FA1D), (0x10330, 0x1034A), (0xE000, 0xE0FF),
    ];

    private static readonly string[] Whole =
    [
        " the", "The ", " of and to", "don't", "it's", "WE'RE", "I'LL", "they'Ve", "'S", "can't", "hello", "world", "straße", "naïve", "e\u0301", "ﬁ", "Å",
        "1234567890", "3.14159", "2,000", "٣٤٥", "½", "Ⅷ", "²", "  ", "   ", "\n", "\n\n", "\r\n", "\r\n\r\n", "\t", "\t\t", " \n", "\n ", "\u00A0", "\u2003",
        "\u3000", "\u200B", "\u200D", "\u200E", "\u2028", "\0", "\u0001", "\u001F", "\u007F", "\uFFFD", "\uFE0F", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪", "🙂",
        "日本語", "中文", "한국어", "สวัสดี", "नमस्ते", "مرحبا", "שלום", "Привет", "Γειά", "ſ", "K", "ß", "İ", "ı", "Ǆ", "…", "—", "“”", "`", "```", "#", "##", "_",
        "/*", "*/", "==", "!=", "();", "{}", "->", "//", "\\n", "<", ">", "</", "<|", "|>", "[", "]", "[]", "@", "&", "$", "%", "\"", "'", "''",
        "▁", "▁▁", "Ġ", "Ċ", "<0x41>", "<0x0A>", "\u0300", "\u0327\u0301", "\u1100\u1161\u11A8", "가\u11A8",
    ];

    /// <summary>Texts of up to some dozen parts each, of which <paramref name="special"/> are some.</summary>
    public static IEnumerable<string> Make(int seed, int count, IReadOnlyList<string>? special = null)
    {
        Random random = new(seed);
        StringBuilder text = new();
        for (int i = 0; i < count; i++)
        {
            text.Clear();
            for (int parts = random.Next(1, 14); parts > 0; parts--)
            {
                Append(text, random, special);
            }

            yield return text.ToString();
        }
    }

    private static void Append(StringBuilder text, Random random, IReadOnlyList<string>? special)
    {
        int kind = random.Next(10);
        if (kind == 0 && special is { Count: > 0 })
        {
            text.Append(special[random.Next(special.Count)]);
        }
        else if (kind < 6)
        {
            text.Append(Whole[random.Next(Whole.Length)]);
        }
        else
        {
            (int first, int last) = Scripts[random.Next(Scripts.Length)];
            for (int length = random.Next(1, 7); length > 0; length--)
            {
                int c = random.Next(first, last + 1);
                if (CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.OtherNotAssigned)
                {
                    text.Append(new Rune(c).ToString());
                }
            }
        }
    }
}
