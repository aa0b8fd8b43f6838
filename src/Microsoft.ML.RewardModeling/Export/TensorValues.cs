using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using DataType = Microsoft.ML.RewardModeling.Export.Onnx.TensorProto.Types.DataType;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>Numbers of a constant, read only when they are written, and the type they are written in.</summary>
/// <param name="Type">fp32, fp16, bf16, or int8 for numbers that are integers.</param>
/// <param name="Shape">Row-major dimensions.</param>
/// <param name="Read">The numbers as fp32.</param>
internal sealed record TensorValues(DataType Type, long[] Shape, Func<float[]> Read)
{
    private const int Chunk = 1 << 16;

    public long ByteLength => Shape.Aggregate(Type switch { DataType.Float => 4L, DataType.Int8 => 1L, _ => 2L }, (bytes, dimension) => checked(bytes * dimension));

    /// <summary>Writes the numbers in parts: a large embedding has more bytes than a span can hold.</summary>
    public void WriteTo(Stream stream)
    {
        float[] values = Read();
        ushort[] halves = new ushort[Type is DataType.Float or DataType.Int8 ? 0 : Chunk];
        sbyte[] levels = new sbyte[Type == DataType.Int8 ? Chunk : 0];
        for (int start = 0; start < values.Length; start += Chunk)
        {
            ReadOnlySpan<float> part = values.AsSpan(start, Math.Min(Chunk, values.Length - start));
            stream.Write(Type switch
            {
                DataType.Float => MemoryMarshal.AsBytes(part),
                DataType.Int8 => MemoryMarshal.AsBytes(Levels(part, levels)),
                _ => MemoryMarshal.AsBytes(Narrow(part, halves)),
            });
        }
    }

    private static ReadOnlySpan<sbyte> Levels(ReadOnlySpan<float> values, sbyte[] levels)
    {
        for (int i = 0; i < values.Length; i++)
        {
            levels[i] = (sbyte)values[i];
        }

        return levels.AsSpan(0, values.Length);
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
