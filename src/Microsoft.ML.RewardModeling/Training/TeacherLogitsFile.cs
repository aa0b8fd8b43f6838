using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Batching;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>
/// A teacher's distributions on disk, found by the ids of a text and read through a memory map. Per response token of a
/// teacher with the student's tokenizer: K ids (2 bytes each up to 65,536 tokens, else 4) and K half-precision
/// log-probabilities, so 4 K or 6 K bytes. Per span of another teacher: 2 bytes of length and 2 of log-probability.
/// </summary>
/// <remarks>
/// Layout, little-endian: "RMTL", version (int32), length of the header (int32), header as JSON; the texts' data; per text its
/// key (first 16 bytes of SHA-256 over prompt length and ids), offset (int64), items (int32), 4 bytes of zeros; offset and number of those (int64 each).
/// </remarks>
internal sealed class TeacherLogitsFile : IDisposable
{
    private const int Version = 1, KeyBytes = 16, EntryBytes = KeyBytes + 16, TrailerBytes = 16;
    private static readonly byte[] Magic = "RMTL"u8.ToArray();

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Dictionary<UInt128, (long Offset, int Items)> _entries = [];

    private TeacherLogitsFile(string path, MemoryMappedFile file, TeacherLogitsHeader header)
    {
        (Path, _file, Header) = (path, file, header);
        _view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>What it holds.</summary>
    public TeacherLogitsHeader Header { get; }

    /// <summary>Number of texts.</summary>
    public int Texts => _entries.Count;

    /// <summary>Writes texts one after the other; the file appears when it is complete.</summary>
    /// <exception cref="RewardModelingException">The file cannot be written there.</exception>
    public static void Write(string path, TeacherLogitsHeader header, IEnumerable<(TokenizedSequence Text, byte[] Data, int Items)> texts)
        => AtomicFile.Write(path, stream =>
        {
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(header.ToJson());
            stream.Write(Magic);
            WriteInt32(stream, Version);
            WriteInt32(stream, json.Length);
            stream.Write(json);
            using MemoryStream index = new();
            long count = 0;
            HashSet<UInt128> known = [];
            foreach ((TokenizedSequence text, byte[] data, int items) in texts)
            {
                if (!known.Add(Key(text)))
                {
                    continue;
                }

                count++;
                index.Write(KeyOf(text));
                WriteInt64(index, stream.Position);
                WriteInt32(index, items);
                WriteInt32(index, 0);
                stream.Write(data);
            }

            long at = stream.Position;
            stream.Write(index.ToArray());
            WriteInt64(stream, at);
            WriteInt64(stream, count);
        });

    /// <summary>Opens a file.</summary>
    /// <exception cref="RewardModelingException">There is none, or it is no such file or a part of one.</exception>
    public static TeacherLogitsFile Open(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            using FileStream stream = File.OpenRead(path);
            byte[] start = new byte[12];
            if (length < start.Length + TrailerBytes || stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length || !start.AsSpan(0, 4).SequenceEqual(Magic))
            {
                throw Bad(path, "it does not begin as a file of teacher-logits");
            }

            int version = BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(4)), size = BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(8));
            if (version != Version || size < 2 || size > length - start.Length - TrailerBytes)
            {
                throw Bad(path, $"it has version {version} and a header of {size} bytes; this library reads version {Version}");
            }

            byte[] json = new byte[size];
            stream.ReadExactly(json);
            TeacherLogitsHeader header = TeacherLogitsHeader.Parse(JsonNode.Parse(json)!.AsObject());
            TeacherLogitsFile file = new(path, MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read), header);
            file.ReadIndex(length);
            return file;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            throw Bad(path, error.Message.TrimEnd('.'), error);
        }
    }

    /// <summary>Whether a text is in the file.</summary>
    public bool Has(TokenizedSequence text) => _entries.ContainsKey(Key(text));

    /// <summary>Ids and log-probabilities of a text's response tokens, each <c>[labels, K]</c> row by row.</summary>
    public (int[] Ids, float[] LogProbabilities) Tokens(TokenizedSequence text)
    {
        (long offset, int items) = _entries[Key(text)];
        int count = items * Header.K, width = Header.IdBytes;
        byte[] bytes = Bytes(offset, count * (width + 2));
        int[] ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            ids[i] = width == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i * 2)) : BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i * 4));
        }

        return (ids, Halves(bytes.AsSpan(count * width)));
    }

    /// <summary>Rows and log-probabilities of a text's spans.</summary>
    public (int[] Rows, float[] LogProbabilities) Spans(TokenizedSequence text)
    {
        (long offset, int items) = _entries[Key(text)];
        byte[] bytes = Bytes(offset, items * 4);
        return ([.. Enumerable.Range(0, items).Select(i => (int)BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i * 2)))], Halves(bytes.AsSpan(items * 2)));
    }

    /// <summary>The data of response tokens as the file holds it.</summary>
    public static byte[] TokenData(ReadOnlySpan<int> ids, ReadOnlySpan<float> logProbabilities, int idBytes)
    {
        byte[] bytes = new byte[ids.Length * (idBytes + 2)];
        for (int i = 0; i < ids.Length; i++)
        {
            if (idBytes == 2)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * 2), (ushort)ids[i]);
            }
            else
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * 4), ids[i]);
            }
        }

        WriteHalves(bytes.AsSpan(ids.Length * idBytes), logProbabilities);
        return bytes;
    }

    /// <summary>The data of spans as the file holds it.</summary>
    public static byte[] SpanData(IReadOnlyList<SpanAlignment.Span> spans)
    {
        byte[] bytes = new byte[spans.Count * 4];
        for (int i = 0; i < spans.Count; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * 2), (ushort)spans[i].Rows);
        }

        WriteHalves(bytes.AsSpan(spans.Count * 2), [.. spans.Select(span => span.LogProbability)]);
        return bytes;
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }

    private void ReadIndex(long length)
    {
        long at = _view.ReadInt64(length - TrailerBytes), count = _view.ReadInt64(length - 8);
        if (at < 0 || count < 0 || count > length / EntryBytes || at + (count * EntryBytes) + TrailerBytes != length)
        {
            throw Bad(Path, "its end is missing");
        }

        for (long i = 0; i < count; i++)
        {
            byte[] entry = Bytes(at + (i * EntryBytes), EntryBytes);
            long offset = BinaryPrimitives.ReadInt64LittleEndian(entry.AsSpan(KeyBytes));
            int items = BinaryPrimitives.ReadInt32LittleEndian(entry.AsSpan(KeyBytes + 8));
            long size = (long)items * (Header.IsSpans ? 4 : Header.K * (Header.IdBytes + 2));
            if (items < 0 || offset < 0 || offset + size > at)
            {
                throw Bad(Path, $"text {i} lies outside of the file");
            }

            _entries[BinaryPrimitives.ReadUInt128LittleEndian(entry)] = (offset, items);
        }
    }

    private byte[] Bytes(long offset, int count)
    {
        byte[] bytes = new byte[count];
        _view.ReadArray(offset, bytes, 0, count);
        return bytes;
    }

    private static float[] Halves(ReadOnlySpan<byte> bytes)
    {
        float[] values = new float[bytes.Length / 2];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * 2)..]);
        }

        return values;
    }

    private static void WriteHalves(Span<byte> target, ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteHalfLittleEndian(target[(i * 2)..], (Half)values[i]);
        }
    }

    private static UInt128 Key(TokenizedSequence text) => BinaryPrimitives.ReadUInt128LittleEndian(KeyOf(text));

    private static byte[] KeyOf(TokenizedSequence text)
        => SHA256.HashData([.. BitConverter.GetBytes(text.PromptLength), .. MemoryMarshal.AsBytes<int>(text.Ids)])[..KeyBytes];

    private static void WriteInt32(Stream stream, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void WriteInt64(Stream stream, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static RewardModelingException Bad(string path, string reason, Exception? error = null)
    {
        string message = $"{path}: the teacher's distributions cannot be read: {reason}. Expected a file that teacher-logits wrote; write it again.";
        return error is null ? new RewardModelingException(message) : new RewardModelingException(message, error);
    }
}
