using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>
/// One tensor of an open safetensors file: its name, type, shape and bytes. The bytes are the mapped file itself and
/// live as long as the <see cref="SafetensorsFile"/> (or <see cref="WeightsDirectory"/>) they came from.
/// </summary>
public sealed class SafetensorsTensor
{
    private readonly SafetensorsFile _file;
    private readonly long _offset;

    internal SafetensorsTensor(SafetensorsFile file, string name, string dtype, long[] shape, long offset, long byteLength)
    {
        _file = file;
        _offset = offset;
        Name = name;
        Dtype = dtype;
        Shape = shape;
        ByteLength = byteLength;
    }

    /// <summary>The name in the file, for example <c>model.layers.0.self_attn.q_proj.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The element type as the format writes it: <c>F32</c>, <c>BF16</c>, <c>F16</c>, <c>I64</c> and so on.</summary>
    public string Dtype { get; }

    /// <summary>The dimensions, row-major; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Length of the data in bytes; may exceed 2 GB.</summary>
    public long ByteLength { get; }

    /// <summary>Number of elements.</summary>
    public long ElementCount => ByteLength / SafetensorsDtype.SizeOf(Dtype);

    /// <summary>The file the tensor is in.</summary>
    public string Source => _file.Path;

    /// <summary>The first byte of the data inside the mapped file, little-endian, not necessarily aligned.</summary>
    internal unsafe byte* Pointer => _file.DataPointer + _offset;

    /// <summary>A part of the data. A tensor can be larger than a span, so it is read in parts.</summary>
    /// <param name="start">First byte, from 0.</param>
    /// <param name="length">Number of bytes.</param>
    /// <returns>The mapped bytes; not to be used after the file is disposed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the tensor.</exception>
    public unsafe ReadOnlySpan<byte> Bytes(long start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, ByteLength - length);
        return new ReadOnlySpan<byte>(Pointer + start, length);
    }

    /// <summary>Reads elements as 32-bit floats: F32 as they are, F16 and BF16 exactly, F64 rounded.</summary>
    /// <param name="start">First element, from 0.</param>
    /// <param name="destination">Filled completely.</param>
    /// <exception cref="RewardModelingException">The tensor does not hold floating-point numbers of these types.</exception>
    public void ReadSingles(long start, Span<float> destination)
    {
        int size = SafetensorsDtype.SizeOf(Dtype);
        const int Chunk = 1 << 20;
        for (int done = 0; done < destination.Length; done += Chunk)
        {
            Span<float> part = destination.Slice(done, Math.Min(Chunk, destination.Length - done));
            Convert(Bytes((start + done) * size, part.Length * size), part);
        }
    }

    /// <summary>All elements as 32-bit floats; see <see cref="ReadSingles"/>.</summary>
    /// <returns>A new array of <see cref="ElementCount"/> numbers.</returns>
    /// <exception cref="RewardModelingException">The type is no supported floating-point type, or the tensor is too large for one array.</exception>
    public float[] ToSingles()
    {
        if (ElementCount > Array.MaxLength)
        {
            throw new RewardModelingException(
                $"{Source}: tensor '{Name}' has {ElementCount} elements; one array holds at most {Array.MaxLength}. Read it in parts.");
        }

        float[] values = new float[ElementCount];
        ReadSingles(0, values);
        return values;
    }

    private void Convert(ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (Dtype)
        {
            case "F32":
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case "BF16":
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(source[(i * 2)..]) << 16);
                }

                break;
            case "F16":
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            case "F64":
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(i * 8)..]);
                }

                break;
            default:
                throw new RewardModelingException(
                    $"{Source}: tensor '{Name}' has type {Dtype}; expected F32, F16, BF16 or F64. Convert the weights to one of these.");
        }
    }
}
