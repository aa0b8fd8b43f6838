using System.Buffers.Binary;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>
/// One tensor of an open safetensors file: its name, type, shape and bytes. The bytes are the mapped file itself and
/// live as long as the <see cref="SafetensorsFile"/> (or <see cref="WeightsDirectory"/>) they came from.
/// </summary>
public sealed class SafetensorsTensor
{
    /// <summary>Elements (or bytes) that are mapped at a time: large enough that mapping costs nothing beside reading.</summary>
    private const int Chunk = 1 << 22;

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
    public long ElementCount => (long)((UInt128)ByteLength * 8 / (UInt128)SafetensorsDtype.BitsOf(Dtype));

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

    /// <summary>
    /// Reads elements as 32-bit floats: F32 as they are, F16, BF16, F8_E4M3 and F8_E5M2 exactly, F64 rounded. The part is
    /// mapped for the time of the call only, so that pages already read do not stay in memory.
    /// </summary>
    /// <param name="start">First element, from 0.</param>
    /// <param name="destination">Filled completely.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not inside the tensor.</exception>
    /// <exception cref="RewardModelingException">The tensor does not hold floating-point numbers of these types.</exception>
    public void ReadSingles(long start, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, ElementCount - destination.Length);
        if (!SafetensorsDtype.IsReadable(Dtype))
        {
            throw new RewardModelingException(
                $"{Source}: tensor '{Name}' has type {Dtype}; expected {SafetensorsDtype.Readable}. Convert the weights to one of these.");
        }

        int size = SafetensorsDtype.SizeOf(Dtype);
        for (int done = 0; done < destination.Length; done += Chunk)
        {
            Span<float> part = destination.Slice(done, Math.Min(Chunk, destination.Length - done));
            using SafetensorsWindow window = _file.Window(_offset + ((start + done) * size), part.Length * size);
            Convert(window.Bytes, part);
        }
    }

    /// <summary>
    /// Reads bytes as they are; mapped for the time of the call only, as in <see cref="ReadSingles"/>.
    /// </summary>
    internal void ReadBytes(long start, Span<byte> destination)
    {
        for (int done = 0; done < destination.Length; done += Chunk)
        {
            Span<byte> part = destination.Slice(done, Math.Min(Chunk, destination.Length - done));
            using SafetensorsWindow window = _file.Window(_offset + start + done, part.Length);
            window.Bytes.CopyTo(part);
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
                Widen(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<float, uint>(destination));

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
                Float8.ToSingles(source, destination, e4m3: Dtype == "F8_E4M3");
                break;
        }
    }

    /// <summary>A bfloat16 is the upper half of a float32.</summary>
    private static void Widen(ReadOnlySpan<ushort> source, Span<uint> destination)
    {
        int i = 0;
        for (; i <= destination.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out Vector<uint> low, out Vector<uint> high);
            (low << 16).CopyTo(destination[i..]);
            (high << 16).CopyTo(destination[(i + Vector<uint>.Count)..]);
        }

        for (; i < destination.Length; i++)
        {
            destination[i] = (uint)source[i] << 16;
        }
    }
}
