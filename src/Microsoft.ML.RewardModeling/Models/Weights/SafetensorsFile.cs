using System.Diagnostics.CodeAnalysis;
using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>
/// A safetensors file, mapped into memory: opening it reads the header only, and a tensor's bytes are paged in when
/// they are used. The header is checked completely, so a damaged or hostile file is refused when it is opened.
/// Safe for concurrent readers. The file must not be cut while it is open; replacing it by a new file is fine.
/// Source: github.com/huggingface/safetensors, README, "Format".
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly Lazy<SafetensorsWindow> _whole;
    private readonly Dictionary<string, SafetensorsTensor> _byName;
    private readonly long _dataStart;
    private bool _disposed;

    private SafetensorsFile(string path, MemoryMappedFile map, long length)
    {
        (Path, _map) = (path, map);
        int headerLength = ReadHeaderLength(map, length, path);
        _dataStart = 8 + headerLength;
        // From the length on, because a window cannot be empty.
        using SafetensorsWindow start = new(map, 0, _dataStart);
        SafetensorsHeader header = SafetensorsHeader.Parse(start.Bytes[8..], length - _dataStart, path);
        _whole = new(() => new SafetensorsWindow(map, 0, length));
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

    /// <summary>The first byte after the header in a map of the whole file, which stays until the file is disposed.</summary>
    internal unsafe byte* DataPointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _whole.Value.Start + _dataStart;
        }
    }

    /// <summary>Maps a file and checks its header.</summary>
    /// <param name="path">A <c>.safetensors</c> file.</param>
    /// <returns>The open file; dispose it when its tensors are no longer used.</returns>
    /// <exception cref="RewardModelingException">The file is missing, truncated, or breaks a rule of the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new RewardModelingException($"{path}: there is no such file; expected weights in safetensors format.");
        }

        (MemoryMappedFile map, long length) = Map(path);
        try
        {
            return new SafetensorsFile(path, map, length);
        }
        catch
        {
            map.Dispose();
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
            if (_whole.IsValueCreated)
            {
                _whole.Value.Dispose();
            }

            _map.Dispose();
        }
    }

    /// <summary>A part of the data, mapped until the window is disposed.</summary>
    internal SafetensorsWindow Window(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new SafetensorsWindow(_map, _dataStart + offset, length);
    }

    private static (MemoryMappedFile Map, long Length) Map(string path)
    {
        FileStream stream = OpenForReading(path);
        try
        {
            long length = stream.Length;
            // An empty file cannot be mapped.
            return length > 0
                ? (MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false), length)
                : throw SafetensorsHeader.Bad(path, "the file is empty");
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static FileStream OpenForReading(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{path}: the file cannot be opened for reading ({e.Message}).", e);
        }
    }

    private static int ReadHeaderLength(MemoryMappedFile map, long length, string path)
    {
        using SafetensorsWindow start = new(map, 0, Math.Min(8, length));
        return SafetensorsHeader.CheckLength(start.Bytes, length, path);
    }
}
