using System.Buffers;
using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>A tensor's bytes in its mapped file as memory that torch can use in place. Valid until the file is disposed; never written to.</summary>
internal sealed unsafe class MappedMemory<T>(SafetensorsTensor tensor) : MemoryManager<T>
    where T : unmanaged
{
    private readonly byte* _start = tensor.Pointer;

    /// <summary>
    /// Whether torch may use it: at an address that is a multiple of <paramref name="alignment"/>, and no more than a span
    /// can hold.
    /// </summary>
    public bool IsUsable(int alignment) => (nuint)_start % (nuint)alignment == 0 && tensor.ElementCount is > 0 and <= int.MaxValue;

    public override Span<T> GetSpan() => new(_start, checked((int)tensor.ElementCount));

    public override MemoryHandle Pin(int elementIndex = 0) => new((T*)_start + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
