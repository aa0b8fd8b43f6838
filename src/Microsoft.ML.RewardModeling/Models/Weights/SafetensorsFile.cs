using System.Diagnostics.CodeAnalysis;
using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>
/// A safetensors file, mapped into memory: opening it reads the header only, and a tensor's bytes are paged in when
/// they are used. The header is checked completely, so a damaged or hostile file is refused when it is opened.
/// Safe for concurrent readers. Source: github.com/huggingface/safetensors, README, "Format".
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Dictionary<string, SafetensorsTensor> _byName;
    private readonly unsafe byte* _data;
    private bool _disposed;

    private unsafe SafetensorsFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, byte* start, long length)
    {
        (Path, _map, _view) = (path, map, view);
        long headerLength = ReadHeaderLength(start, length, path);
        SafetensorsHeader header = SafetensorsHeader.Parse(new ReadOnlySpan<byte>(start + 8, (int)headerLength), length - 8 - headerLength, path);
        _data = start + 8 + headerLength;
        Metadata = header.Metadata;
        Tensors = [.. header.Entries.Select(e => new SafetensorsTensor(this, e.Name, e.Dtype, e.Shape, e.Begin, e.End - e.Begin))];
        _byName = Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>The path the file was opened with.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of the header.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors { get; }

    /// <summary>The free string map of the header; empty when the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    internal unsafe byte* DataPointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _data;
        }
    }

    /// <summary>Maps a file and checks its header.</summary>
    /// <param name="path">A <c>.safetensors</c> file.</param>
    /// <returns>The open file; dispose it when its tensors are no longer used.</returns>
    /// <exception cref="RewardModelingException">The file is missing, truncated, or breaks a rule of the format.</exception>
    public static unsafe SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new RewardModelingException($"{path}: there is no such file; expected weights in safetensors format.");
        }

        long length = new FileInfo(path).Length;
        if (length < 8)
        {
            throw SafetensorsHeader.Bad(path, $"the file has {length} bytes and is shorter than the 8 bytes of the header length");
        }

        MemoryMappedFile? map = null;
        MemoryMappedViewAccessor? view = null;
        byte* start = null;
        try
        {
            map = Map(path);
            view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            return new SafetensorsFile(path, map, view, start + view.PointerOffset, length);
        }
        catch
        {
            if (start is not null)
            {
                view!.SafeMemoryMappedViewHandle.ReleasePointer();
            }

            view?.Dispose();
            map?.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor by its exact name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="tensor">The tensor, if there is one.</param>
    /// <returns>Whether the file has it.</returns>
    public bool TryGet(string name, [NotNullWhen(true)] out SafetensorsTensor? tensor) => _byName.TryGetValue(name, out tensor);

    /// <summary>Unmaps the file; its tensors cannot be read any more.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map.Dispose();
        }
    }

    private static MemoryMappedFile Map(string path)
    {
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{path}: the file cannot be opened for reading ({e.Message}).", e);
        }
    }

    private static unsafe long ReadHeaderLength(byte* start, long length, string path)
    {
        ulong value = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(start, 8));
        if (value > SafetensorsHeader.MaxLength)
        {
            throw SafetensorsHeader.Bad(path, $"the header claims {value} bytes; the format allows at most {SafetensorsHeader.MaxLength}");
        }

        if ((long)value > length - 8)
        {
            throw SafetensorsHeader.Bad(path, $"the header claims {value} bytes, but only {length - 8} follow; the file is truncated");
        }

        return (long)value;
    }
}
