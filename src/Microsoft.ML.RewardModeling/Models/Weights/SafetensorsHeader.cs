using System.Globalization;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>One entry of a header: <paramref name="Begin"/> and <paramref name="End"/> count from the end of the header.</summary>
internal sealed record SafetensorsEntry(string Name, string Dtype, long[] Shape, long Begin, long End);

/// <summary>
/// The header of a safetensors file, read and checked after the format's rules
/// (github.com/huggingface/safetensors, README, "Format"): a JSON object of tensors and one optional string map
/// <c>__metadata__</c>; the byte ranges follow each other without gap or overlap and cover the rest of the file.
/// </summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The format's own limit; it keeps a hostile length from being believed.</summary>
    public const long MaxLength = 100_000_000;

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
            string name = reader.GetString()!;
            if (!names.Add(name))
            {
                throw Bad(path, $"'{name}' is listed twice");
            }

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

    private static Dictionary<string, string> ReadMetadata(ref Utf8JsonReader reader, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Bad(path, "__metadata__ is not an object");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || !map.TryAdd(key, reader.GetString()!))
            {
                throw Bad(path, $"__metadata__ entry '{key}' is listed twice or is no string");
            }
        }

        return map;
    }

    private static SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw Bad(path, $"tensor '{name}' is not described by an object");
        }

        string? dtype = null;
        long[]? shape = null;
        long[]? range = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when dtype is null && reader.TokenType == JsonTokenType.String:
                    dtype = reader.GetString();
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name, key, path);
                    break;
                case "data_offsets" when range is null:
                    range = ReadNumbers(ref reader, name, key, path);
                    break;
                default:
                    throw Bad(path, $"tensor '{name}' has an unexpected, repeated or malformed field '{key}'");
            }
        }

        if (dtype is null || shape is null || range is not { Length: 2 })
        {
            throw Bad(path, $"tensor '{name}' needs exactly dtype, shape and data_offsets [begin, end]");
        }

        CheckSize(name, dtype, shape, range, path);
        return new SafetensorsEntry(name, dtype, shape, range[0], range[1]);
    }

    private static long[] ReadNumbers(ref Utf8JsonReader reader, string name, string key, string path)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Bad(path, $"tensor '{name}': {key} is not a list");
        }

        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
            {
                throw Bad(path, $"tensor '{name}': {key} holds something that is no whole number from 0 to 2^63-1");
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    private static void CheckSize(string name, string dtype, long[] shape, long[] range, string path)
    {
        long bytes = SafetensorsDtype.SizeOf(dtype);
        if (bytes == 0)
        {
            throw Bad(path, $"tensor '{name}' has type '{dtype}'; expected one of {SafetensorsDtype.Known}");
        }

        foreach (long dimension in shape)
        {
            if (dimension != 0 && bytes > long.MaxValue / dimension)
            {
                throw Bad(path, $"tensor '{name}' with shape {Text(shape)} is larger than 2^63 bytes");
            }

            bytes *= dimension;
        }

        if (range[1] < range[0] || range[1] - range[0] != bytes)
        {
            throw Bad(path, $"tensor '{name}': {dtype} of shape {Text(shape)} takes {bytes} bytes, but data_offsets are {Text(range)}");
        }
    }

    private static void CheckLayout(List<SafetensorsEntry> entries, long dataLength, string path)
    {
        long position = 0;
        foreach (SafetensorsEntry entry in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != position)
            {
                string what = entry.Begin < position ? "overlaps the tensor before it" : "leaves a hole before it";
                throw Bad(path, $"tensor '{entry.Name}' starts at {entry.Begin} and {what} (expected {position})");
            }

            if (entry.End > dataLength)
            {
                throw Bad(path, $"tensor '{entry.Name}' ends at byte {entry.End} of the data, but the file holds {dataLength}; it is truncated");
            }

            position = entry.End;
        }

        if (position != dataLength)
        {
            throw Bad(path, $"the tensors take {position} bytes, but {dataLength} follow the header");
        }
    }

    internal static string Text(IEnumerable<long> numbers)
        => "[" + string.Join(", ", numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))) + "]";

    internal static RewardModelingException Bad(string path, string what, Exception? cause = null)
    {
        string message = $"{path}: {what}. This is no usable safetensors file; fetch or save it again.";
        return cause is null ? new RewardModelingException(message) : new RewardModelingException(message, cause);
    }
}
