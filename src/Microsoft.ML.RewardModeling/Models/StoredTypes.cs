using System.Runtime.InteropServices;
using Microsoft.ML.RewardModeling.Models.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>Tensors in the type they are stored in, for <see cref="WeightPrecision.AsStored"/>.</summary>
internal static class StoredTypes
{
    /// <summary>
    /// BF16 and F16 as they lie in the mapped file, F32 too where its address is one that torch would have chosen: products
    /// with operands at other addresses may differ in the last bit. Otherwise they are copied. 8-bit floats become bfloat16,
    /// which holds each of them exactly; F64 becomes float32.
    /// </summary>
    /// <param name="source">The stored tensor.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="mapped">Whether the result is the mapped file itself.</param>
    public static Tensor Keep(SafetensorsTensor source, long[] shape, out bool mapped)
    {
        Tensor? view = source.Dtype switch
        {
            "F32" => Map<float>(source, shape, ScalarType.Float32, SafetensorsWriter.Alignment),
            "BF16" => Map<short>(source, shape, ScalarType.BFloat16, sizeof(short)),
            "F16" => Map<short>(source, shape, ScalarType.Float16, sizeof(short)),
            _ => null,
        };
        mapped = view is not null;
        return view ?? source.Dtype switch
        {
            "BF16" => Copy(source, shape, ScalarType.BFloat16, 2, (start, bytes) => source.ReadBytes(start, bytes)),
            "F16" => Copy(source, shape, ScalarType.Float16, 2, (start, bytes) => source.ReadBytes(start, bytes)),
            "F8_E4M3" or "F8_E5M2" => Copy(source, shape, ScalarType.BFloat16, 2, (start, bytes) => Widen(source, start / 2, bytes)),
            _ => Copy(source, shape, ScalarType.Float32, 4, (start, bytes) => source.ReadSingles(start / 4, MemoryMarshal.Cast<byte, float>(bytes))),
        };
    }

    /// <summary>A tensor over the mapped file; null where the memory does not suit torch, or this TorchSharp cannot make one.</summary>
    private static Tensor? Map<T>(SafetensorsTensor source, long[] shape, ScalarType type, int alignment)
        where T : unmanaged
    {
        MappedMemory<T> memory = new(source);
        return memory.IsUsable(alignment) ? TensorOverMemory<T>.Create?.Invoke(memory.Memory, shape, (sbyte)type, type, CPU, false, false, null) : null;
    }

    private delegate void BytesFiller(long start, Span<byte> bytes);

    private static Tensor Copy(SafetensorsTensor source, long[] shape, ScalarType type, int size, BytesFiller fill)
    {
        const long Part = 1 << 24;
        Tensor result = empty(shape, type, CPU);
        using Tensor flat = result.reshape(-1);
        for (long start = 0; start < source.ElementCount; start += Part)
        {
            using Tensor part = flat.narrow(0, start, Math.Min(Part, source.ElementCount - start));
            fill(start * size, part.bytes);
        }

        return result;
    }

    private static void Widen(SafetensorsTensor source, long start, Span<byte> destination)
    {
        byte[] bytes = new byte[destination.Length / 2];
        source.ReadBytes(start, bytes);
        Float8.ToBFloat16(bytes, destination, e4m3: source.Dtype == "F8_E4M3");
    }
}
