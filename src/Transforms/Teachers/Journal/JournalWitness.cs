using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// The number of changes to a journal, in a file of eight bytes beside it while a run writes. SQLite takes a write-ahead log
/// that lost its end, or is missing, for the whole truth; this number tells that there was more.
/// </summary>
internal sealed class JournalWitness : IDisposable
{
    private readonly SafeFileHandle _file;

    public JournalWitness(string journal)
        => _file = File.OpenHandle(PathOf(journal), FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);

    public static string PathOf(string journal) => journal + "-count";

    /// <summary>The number; 0 when there is no such file.</summary>
    public static long Read(string journal)
    {
        try
        {
            return File.ReadAllBytes(PathOf(journal)) is { Length: 8 } bytes ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Call it after the commit: a number that is too small is harmless.</summary>
    public void Write(long writes)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, writes);
        RandomAccess.Write(_file, bytes, 0);
    }

    /// <summary>Removes the file once the journal is closed by everybody, and so is whole without its log.</summary>
    public static void Remove(string journal)
    {
        try
        {
            if (!File.Exists(journal + "-wal"))
            {
                File.Delete(PathOf(journal));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays, and does no harm.
        }
    }

    public void Dispose() => _file.Dispose();
}
