using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>A part of a file, mapped until it is disposed; its pages do not count as this process's memory after that.</summary>
internal sealed unsafe class SafetensorsWindow : IDisposable
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly long _length;

    public SafetensorsWindow(MemoryMappedFile map, long offset, long length)
    {
        _view = map.CreateViewAccessor(offset, length, MemoryMappedFileAccess.Read);
        _length = length;
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        // A view starts at a page; the wanted byte may be inside it.
        Start = start + _view.PointerOffset;
    }

    /// <summary>The first byte; valid until the window is disposed.</summary>
    public byte* Start { get; }

    /// <summary>All of it, for a window that a span can hold.</summary>
    public ReadOnlySpan<byte> Bytes => new(Start, checked((int)_length));

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
    }
}
