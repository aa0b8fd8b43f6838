using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>GPT-2's bijection between bytes and printable characters, in which byte-level vocabularies are written.</summary>
internal static class ByteLevelAlphabet
{
    private static readonly char[] ByteToChar = MakeByteToChar();
    private static readonly Dictionary<char, byte> CharToByte =
        ByteToChar.Select((c, b) => (c, b)).ToDictionary(pair => pair.c, pair => (byte)pair.b);

    /// <summary>The character that stands for a byte.</summary>
    public static char Character(byte value) => ByteToChar[value];

    /// <summary>The characters that stand for the bytes, written to the start of <paramref name="buffer"/>.</summary>
    public static ReadOnlySpan<char> Characters(ReadOnlySpan<byte> bytes, Span<char> buffer)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            buffer[i] = ByteToChar[bytes[i]];
        }

        return buffer[..bytes.Length];
    }

    /// <summary>The UTF-8 bytes of the text as characters.</summary>
    public static string Encode(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        return string.Create(bytes.Length, bytes, static (chars, source) => Characters(source, chars));
    }

    /// <summary>The bytes that the token stands for; a token with any other character stands for its own UTF-8 bytes.</summary>
    public static byte[] Decode(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int i = 0; i < token.Length; i++)
        {
            if (!CharToByte.TryGetValue(token[i], out bytes[i]))
            {
                return Encoding.UTF8.GetBytes(token);
            }
        }

        return bytes;
    }

    private static char[] MakeByteToChar()
    {
        char[] table = new char[256];
        char next = '\u0100';
        for (int b = 0; b < 256; b++)
        {
            table[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : next++;
        }

        return table;
    }
}
