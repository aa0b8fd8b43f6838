using System.Buffers.Binary;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>
/// The two 8-bit floats of Micikevicius et al., arXiv 2209.05433: E4M3 (bias 7, no infinities, only 0x7f and 0xff are NaN;
/// torch's <c>float8_e4m3fn</c>) and E5M2 (bias 15, IEEE rules; torch's <c>float8_e5m2</c>). Every value of both is a
/// bfloat16 and a float32, so reading them loses nothing.
/// </summary>
internal static class Float8
{
    private static readonly float[] E4M3Values = Table(E4M3);
    private static readonly float[] E5M2Values = Table(E5M2);

    /// <summary>Widens bytes of <c>F8_E4M3</c> (<paramref name="e4m3"/>) or <c>F8_E5M2</c>.</summary>
    public static void ToSingles(ReadOnlySpan<byte> source, Span<float> destination, bool e4m3)
    {
        ReadOnlySpan<float> table = e4m3 ? E4M3Values : E5M2Values;
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = table[source[i]];
        }
    }

    /// <summary>The same as bfloat16.</summary>
    public static void ToBFloat16(ReadOnlySpan<byte> source, Span<byte> destination, bool e4m3)
    {
        ReadOnlySpan<float> table = e4m3 ? E4M3Values : E5M2Values;
        for (int i = 0; i < source.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(destination[(2 * i)..], (ushort)(BitConverter.SingleToUInt32Bits(table[source[i]]) >> 16));
        }
    }

    private static float E4M3(byte bits) => (bits & 0x7f) == 0x7f ? float.NaN : Value(bits, fractionBits: 3, bias: 7);

    private static float E5M2(byte bits) => (bits & 0x7f) switch
    {
        0x7c => bits > 0x7f ? float.NegativeInfinity : float.PositiveInfinity,
        > 0x7c => float.NaN,
        _ => Value(bits, fractionBits: 2, bias: 15),
    };

    private static float Value(byte bits, int fractionBits, int bias)
    {
        int exponent = (bits & 0x7f) >> fractionBits;
        int fraction = bits & ((1 << fractionBits) - 1);
        // Exponent 0 means the same scale as exponent 1, without the leading one.
        float magnitude = MathF.ScaleB(exponent == 0 ? fraction : fraction + (1 << fractionBits), Math.Max(exponent, 1) - bias - fractionBits);
        return bits > 0x7f ? -magnitude : magnitude;
    }

    private static float[] Table(Func<byte, float> value) => [.. Enumerable.Range(0, 256).Select(bits => value((byte)bits))];
}
