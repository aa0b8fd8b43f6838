using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using DataType = Microsoft.ML.RewardModeling.Export.Onnx.TensorProto.Types.DataType;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>Numbers of a constant, read only when they are written, and the type they are written in.</summary>
/// <param name="Type">fp32, fp16 or bf16.</param>
/// <param name="Shape">Row-major dimensions.</param>
/// <param name="Read">The numbers as fp32.</param>
internal sealed record TensorValues(DataType Type, long[] Shape, Func<float[]> Read)
{
    private const int Chunk = 1 << 16;

    public long ByteLength => Shape.Aggregate(Type == DataType.Float ? 4L : 2L, (bytes, dimension) => checked(bytes * dimension));

    /// <summary>Writes the numbers in parts: a large embedding has more bytes than a span can hold.</summary>
    public void WriteTo(Stream stream)
    {
        float[] values = Read();
        ushort[] halves = new ushort[Type == DataType.Float ? 0 : Chunk];
        for (int start = 0; start < values.Length; start += Chunk)
        {
            ReadOnlySpan<float> part = values.AsSpan(start, Math.Min(Chunk, values.Length - start));
            stream.Write(Type == DataType.Float ? MemoryMarshal.AsBytes(part) : MemoryMarshal.AsBytes(Narrow(part, halves)));
        }
    }

    private ReadOnlySpan<ushort> Narrow(ReadOnlySpan<float> values, ushort[] halves)
    {
        Span<ushort> result = halves.AsSpan(0, values.Length);
        if (Type == DataType.Float16)
        {
            TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<ushort, Half>(result));
            return result;
        }

        for (int i = 0; i < values.Length; i++)
        {
            result[i] = ToBrain(values[i]);
        }

        return result;
    }

    /// <summary>The nearest bf16, ties to even.</summary>
    internal static ushort ToBrain(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
