using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>One entry of a header: <paramref name="Begin"/> and <paramref name="End"/> count from the end of the header.</summary>
internal sealed record SafetensorsEntry(string Name, string Dtype, long[] Shape, long Begin, long End);

/// <summary>
/// The header of a safetensors file, read and checked after the format's rules
/// (github.com/huggingface/safetensors, README, "Format"): a JSON object of tensors and one optional string map
/// <c>__metadata__</c>; the byte ranges follow each other without gap or overlap and cover the rest of the file. The limits
/// below are far above any real model; they keep a hostile header from taking many times its own size in memory.
/// </summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The format's own limit; it keeps a hostile length from being believed.</summary>
    public const long MaxLength = 100_000_000;

    /// <summary>Tensors and metadata entries together.</summary>
    public const int MaxEntries = 100_000;

    /// <summary>Dimensions of a tensor; torch's own limit.</summary>
    public const int MaxRank = 64;

    /// <summary>UTF-8 bytes of a tensor's name.</summary>
    public const int MaxNameLength = 1 << 16;

    private const int MaxMetadataValue = 1 << 22;

    /// <summary>The header's length from the first 8 bytes of a file of <paramref name="fileLength"/> bytes.</summary>
    /// <exception cref="RewardModelingException">The file is too short for it, or the header is longer than the format allows.</exception>
    public static int CheckLength(ReadOnlySpan<byte> start, long fileLength, string path)
    {
        if (fileLength < 8)
        {
            throw Bad(path, $"the file has {fileLength} bytes and is shorter than the 8 bytes of the header length");
        }

        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (value > MaxLength)
        {
            throw Bad(path, $"the header claims {value} bytes; the format allows at most {MaxLength}");
        }

        return (long)value <= fileLength - 8
            ? (int)value
            : throw Bad(path, $"the header claims {value} bytes, but only {fileLength - 8} follow; the file is truncated");
    }

    /// <summary>Parses the header and checks it against the bytes that follow it.</summary>
    /// <exception cref="RewardModelingException">The header breaks a rule; the message names the file, the tensor and the rule.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLength, string path)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw Bad(path, "the header does not start with '{'");
        }

        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
            (List<SafetensorsEntry> entries, Dictionary<string, string> metadata) = ReadObject(ref reader, path);
            CheckLayout(entries, dataLength, path);
            return new SafetensorsHeader(entries, metadata);
        }
        catch (JsonException e)
        {
            throw Bad(path, "the header is not valid JSON: " + e.Message, e);
        }
        catch (InvalidOperationException e)
        {
            // The reader's way of saying that a string is not valid UTF-8.
            throw Bad(path, "the header holds text that is not valid UTF-8", e);
        }
    }

    private static (List<SafetensorsEntry> Entries, Dictionary<string, string> Metadata) ReadObject(ref Utf8JsonReader reader, string path)
    {
        var entries = new List<SafetensorsEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        Dictionary<string, string>? metadata = null;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = ReadName(ref reader, path);
            if (!names.Add(name))
            {
                throw Bad(path, $"'{Shorten(name)}' is listed twice");
            }

            CheckCount(names.Count + (metadata?.Count ?? 0), path);
            reader.Read();
            if (name == "__metadata__")
            {
                metadata = ReadMetadata(ref reader, path);
            }
            else
            {
                entries.Add(ReadEntry(ref reader, name, path));
            }
        }

        // Reading on finds text after the object, which only spaces may be.
        reader.Read();
        return (entries, metadata ?? []);
    }

    private static string ReadName(ref Utf8JsonReader reader, string path) => reader.ValueSpan.Length <= MaxNameLength
        ? reader.GetString()!
        : throw Bad(path, $"a name takes {reader.ValueSpan.Length} bytes; at most {MaxNameLength} are read");

    private static void CheckCount(int entries, string path)
    {
        if (entries > MaxEntries)
        {
            throw Bad(path, $"the header has more than {MaxEntries} entries");
        }
    }

    private static Dictionary<string, string> ReadMetadata(ref Utf8JsonReader reader, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Bad(path, "__metadata__ is not an object");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = ReadName(ref reader, path);
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || !map.TryAdd(key, ReadText(ref reader, path)))
            {
                throw Bad(path, $"__metadata__ entry '{Shorten(key)}' is listed twice or is no string");
            }

            CheckCount(map.Count, path);
        }

        return map;
    }

    /// <summary>A value without escapes is one string; with escapes the reader needs a second buffer of that size.</summary>
    private static string ReadText(ref Utf8JsonReader reader, string path) => !reader.ValueIsEscaped || reader.ValueSpan.Length <= MaxMetadataValue
        ? reader.GetString()!
        : throw Bad(path, $"a value of __metadata__ takes {reader.ValueSpan.Length} bytes; at most {MaxMetadataValue} with escapes are read");

    private static SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Bad(path, $"tensor '{Shorten(name)}' is not described by an object");
        }

        string? dtype = null;
        long[]? shape = null;
        long[]? range = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = ReadName(ref reader, path);
            reader.Read();
            switch (key)
            {
                case "dtype" when dtype is null && reader.TokenType == JsonTokenType.String:
                    dtype = ReadDtype(ref reader, name, path);
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name, key, path);
                    break;
                case "data_offsets" when range is null:
                    range = ReadNumbers(ref reader, name, key, path);
                    break;
                default:
                    throw Bad(path, $"tensor '{Shorten(name)}' has an unexpected, repeated or malformed field '{Shorten(key)}'");
            }
        }

        if (dtype is null || shape is null || range is not { Length: 2 })
        {
            throw Bad(path, $"tensor '{Shorten(name)}' needs exactly dtype, shape and data_offsets [begin, end]");
        }

        CheckSize(name, dtype, shape, range, path);
        return new SafetensorsEntry(name, dtype, shape, range[0], range[1]);
    }

    private static string ReadDtype(ref Utf8JsonReader reader, string name, string path)
    {
        string? dtype = reader.ValueSpan.Length <= 64 ? reader.GetString()! : null;
        return dtype is not null && SafetensorsDtype.BitsOf(dtype) > 0
            ? dtype
            : throw Bad(path, $"tensor '{Shorten(name)}' has type '{dtype ?? "(a long text)"}'; expected one of {SafetensorsDtype.Known}");
    }

    private static long[] ReadNumbers(ref Utf8JsonReader reader, string name, string key, string path)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Bad(path, $"tensor '{Shorten(name)}': {key} is not a list");
        }

        Span<long> numbers = stackalloc long[MaxRank];
        int count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
            {
                throw Bad(path, $"tensor '{Shorten(name)}': {key} holds something that is no whole number from 0 to 2^63-1");
            }

            if (count == MaxRank)
            {
                throw Bad(path, $"tensor '{Shorten(name)}': {key} has more than {MaxRank} numbers");
            }

            numbers[count++] = number;
        }

        return numbers[..count].ToArray();
    }

    private static void CheckSize(string name, string dtype, long[] shape, long[] range, string path)
    {
        UInt128 bits = (UInt128)SafetensorsDtype.BitsOf(dtype);
        bool empty = shape.Contains(0);
        foreach (long dimension in shape)
        {
            bits = empty ? 0 : bits * (UInt128)dimension;
            if (bits > (UInt128)long.MaxValue * 8)
            {
                throw Bad(path, $"tensor '{Shorten(name)}' with shape {Text(shape)} is larger than 2^63 bytes");
            }
        }

        if (bits % 8 != 0)
        {
            throw Bad(path, $"tensor '{Shorten(name)}': {dtype} of shape {Text(shape)} takes {bits} bits, which do not fill whole bytes");
        }

        if (range[1] < range[0] || (UInt128)(range[1] - range[0]) != bits / 8)
        {
            throw Bad(path, $"tensor '{Shorten(name)}': {dtype} of shape {Text(shape)} takes {bits / 8} bytes, but data_offsets are {Text(range)}");
        }
    }

    private static void CheckLayout(List<SafetensorsEntry> entries, long dataLength, string path)
    {
        long position = 0;
        // Only an order that is not the file's own has to be sorted.
        foreach (SafetensorsEntry entry in InFileOrder(entries) ? entries : [.. entries.OrderBy(e => e.Begin).ThenBy(e => e.End)])
        {
            if (entry.Begin != position)
            {
                string what = entry.Begin < position ? "overlaps the tensor before it" : "leaves a hole before it";
                throw Bad(path, $"tensor '{Shorten(entry.Name)}' starts at {entry.Begin} and {what} (expected {position})");
            }

            if (entry.End > dataLength)
            {
                throw Bad(path, $"tensor '{Shorten(entry.Name)}' ends at byte {entry.End} of the data, but the file holds {dataLength}; it is truncated");
            }

            position = entry.End;
        }

        if (position != dataLength)
        {
            throw Bad(path, $"the tensors take {position} bytes, but {dataLength} follow the header");
        }
    }

    private static bool InFileOrder(List<SafetensorsEntry> entries)
    {
        for (int i = 1; i < entries.Count; i++)
        {
            if (entries[i].Begin < entries[i - 1].End)
            {
                return false;
            }
        }

        return true;
    }

    private static string Shorten(string text) => text.Length <= 200 ? text : string.Concat(text.AsSpan(0, 200), "...");

    internal static string Text(IEnumerable<long> numbers)
        => "[" + string.Join(", ", numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))) + "]";

    internal static RewardModelingException Bad(string path, string what, Exception? cause = null)
    {
        string message = $"{path}: {what}. This is no usable safetensors file; fetch or save it again.";
        return cause is null ? new RewardModelingException(message) : new RewardModelingException(message, cause);
    }
}
