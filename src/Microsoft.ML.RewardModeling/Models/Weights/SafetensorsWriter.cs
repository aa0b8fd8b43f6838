using System.Buffers.Binary;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>
/// A tensor to be written. <paramref name="Write"/> is called once and must put exactly the bytes that
/// <paramref name="Dtype"/> and <paramref name="Shape"/> take, little-endian and row-major, so that one tensor at a time
/// is in memory.
/// </summary>
internal sealed record SafetensorsSource(string Name, string Dtype, long[] Shape, Action<Stream> Write)
{
    /// <summary>Bytes the tensor takes.</summary>
    public long ByteLength => Shape.Aggregate((long)SafetensorsDtype.SizeOf(Dtype), (bytes, dimension) => checked(bytes * dimension));
}

/// <summary>Writes safetensors files: into a temporary file first, so that a file under the final name is always complete.</summary>
internal static class SafetensorsWriter
{
    /// <summary>What the start of the data is a multiple of.</summary>
    public const int Alignment = 64;

    /// <summary>Writes a file and replaces an existing one.</summary>
    /// <param name="path">The final name.</param>
    /// <param name="tensors">The tensors; the file holds them widest type first, then by name, as the reference writer does.</param>
    /// <param name="metadata">The header's free string map; transformers expects <c>format = pt</c>.</param>
    public static void Write(string path, IEnumerable<SafetensorsSource> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafetensorsSource[] ordered = [.. tensors.OrderByDescending(t => SafetensorsDtype.SizeOf(t.Dtype)).ThenBy(t => t.Name, StringComparer.Ordinal)];
        byte[] header = Header(ordered, metadata);
        AtomicFile.Replace(path, stream =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            foreach (SafetensorsSource tensor in ordered)
            {
                WriteTensor(stream, tensor, path);
            }
        });
    }

    private static void WriteTensor(Stream stream, SafetensorsSource tensor, string path)
    {
        long start = stream.Position;
        tensor.Write(stream);
        long written = stream.Position - start;
        if (written != tensor.ByteLength)
        {
            throw new InvalidOperationException($"{path}: tensor '{tensor.Name}' wrote {written} bytes, expected {tensor.ByteLength}.");
        }
    }

    private static byte[] Header(SafetensorsSource[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(p => p.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (SafetensorsSource tensor in tensors)
            {
                if (!names.Add(tensor.Name) || tensor.Name == "__metadata__" || SafetensorsDtype.SizeOf(tensor.Dtype) == 0)
                {
                    throw new ArgumentException($"Tensor '{tensor.Name}' of type {tensor.Dtype} is repeated, reserved, or of an unknown type.", nameof(tensors));
                }

                WriteEntry(json, tensor, offset);
                offset += tensor.ByteLength;
            }

            json.WriteEndObject();
        }

        // Spaces keep the data aligned for readers that map the file. The format asks for 8 bytes; torch's own memory has 64.
        while ((buffer.Length + sizeof(long)) % Alignment != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }

    private static void WriteEntry(Utf8JsonWriter json, SafetensorsSource tensor, long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Dtype);
        json.WriteStartArray("shape");
        foreach (long dimension in tensor.Shape)
        {
            json.WriteNumberValue(dimension);
        }

        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + tensor.ByteLength);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
