using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// The normalization table of a SentencePiece model (<c>precompiled_charsmap</c>): a double-array trie (darts-clone) from UTF-8 sequences to
/// places in a block of texts that end with a zero. Applied as the reference does: first to a whole grapheme of less than six bytes, of
/// which the shortest known beginning decides, then to each of its characters.
/// </summary>
internal sealed class PrecompiledNormalizer : Normalizer
{
    private readonly uint[] _units;
    private readonly byte[] _texts;

    private PrecompiledNormalizer(uint[] units, byte[] texts)
    {
        _units = units;
        _texts = texts;
    }

    public static Normalizer Parse(JsonElement element, string where)
    {
        byte[] data = new byte[(element.Text("precompiled_charsmap", where).Length / 4 * 3) + 3];
        if (!Convert.TryFromBase64String(element.Text("precompiled_charsmap", where), data, out int length))
        {
            throw new RewardScoringException($"{where}: 'precompiled_charsmap' is not base 64. Get the file again.");
        }

        if (length == 0)
        {
            return new SequenceNormalizer([]);
        }

        uint size = length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(data) : uint.MaxValue;
        if (size % 4 != 0 || size > length - 4)
        {
            throw new RewardScoringException($"{where}: 'precompiled_charsmap' has {length} bytes and a table of {size}. Get the file again.");
        }

        uint[] units = new uint[size / 4];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(4 + (i * 4)));
        }

        return new PrecompiledNormalizer(units, data[(4 + (int)size)..length]);
    }

    public override string Apply(string text)
    {
        StringBuilder result = new(text.Length);
        Span<byte> bytes = stackalloc byte[8];
        for (int start = 0, length; start < text.Length; start += length)
        {
            length = StringInfo.GetNextTextElementLength(text, start);
            ReadOnlySpan<char> grapheme = text.AsSpan(start, length);
            if (Encoding.UTF8.TryGetBytes(grapheme, bytes, out int count) && count < 6 && Find(bytes[..count]) is string whole)
            {
                result.Append(whole);
                continue;
            }

            foreach (Rune rune in grapheme.EnumerateRunes())
            {
                _ = Find(bytes[..rune.EncodeToUtf8(bytes)]) is string one ? result.Append(one) : result.Append(rune.ToString());
            }
        }

        return result.ToString();
    }

    private string? Find(ReadOnlySpan<byte> key)
    {
        uint node = 0;
        if (!TryMove(ref node, 0))
        {
            return null;
        }

        foreach (byte b in key)
        {
            uint place = node ^ b;
            if (b == 0 || place >= _units.Length || (_units[place] & 0x800000FF) != b)
            {
                return null;
            }

            bool leaf = (_units[place] >> 8 & 1) == 1;
            if (!TryMove(ref place, place))
            {
                return null;
            }

            node = place;
            if (leaf)
            {
                int at = (int)(_units[node] & 0x7FFFFFFF);
                if (at > _texts.Length)
                {
                    return null;
                }

                int end = _texts.AsSpan(at).IndexOf((byte)0);
                return Encoding.UTF8.GetString(end < 0 ? _texts.AsSpan(at) : _texts.AsSpan(at, end));
            }
        }

        return null;
    }

    private bool TryMove(ref uint node, uint place)
    {
        if (place >= _units.Length)
        {
            return false;
        }

        uint unit = _units[place];
        node = place ^ ((unit >> 10) << (int)((unit & 0x200) >> 6));
        return node < _units.Length;
    }
}
