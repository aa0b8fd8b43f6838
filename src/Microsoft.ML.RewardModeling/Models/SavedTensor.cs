using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.RewardModeling.Models.Weights;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>A parameter on its way into a file, in parts, so that no second copy of it is in memory.</summary>
internal static class SavedTensor
{
    /// <summary>The tensor as <paramref name="type"/>: <c>F32</c>, <c>BF16</c> or <c>F16</c>.</summary>
    public static SafetensorsSource Source(string name, Tensor tensor, string type)
        => new(name, type, tensor.shape, stream => Write(stream, name, tensor, type));

    public static void Write(Stream stream, string name, Tensor tensor, string type)
    {
        using DisposeScope scope = NewDisposeScope();
        ModelWeights.VisitParts(tensor.detach().cpu().contiguous(), (_, values) => stream.Write(type switch
        {
            "F32" => MemoryMarshal.AsBytes(values),
            "BF16" => BFloat16(values),
            _ => Float16(name, values),
        }));
    }

    /// <summary>Rounds to the nearest bfloat16, ties to even, as torch does.</summary>
    private static byte[] BFloat16(ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[values.Length * 2];
        for (int i = 0; i < values.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(values[i]);
            ushort rounded = float.IsNaN(values[i]) ? (ushort)0x7fc0 : (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * 2), rounded);
        }

        return bytes;
    }

    private static ReadOnlySpan<byte> Float16(string name, ReadOnlySpan<float> values)
    {
        Half[] halves = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, halves);
        for (int i = 0; i < halves.Length; i++)
        {
            if (Half.IsInfinity(halves[i]) && float.IsFinite(values[i]))
            {
                throw new RewardModelingException($"Tensor '{name}' holds {values[i]}, which float16 cannot (at most 65504). Save the model as bfloat16 or float32.");
            }
        }

        return MemoryMarshal.AsBytes<Half>(halves);
    }
}
