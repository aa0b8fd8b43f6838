using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Microsoft.ML.RewardModeling;

/// <summary>JSON Lines, plain or gzip-compressed: UTF-8, one object a line, blank lines skipped.</summary>
internal static class JsonLines
{
    // Of a field that is there twice, one value would be lost in silence.
    private static readonly JsonDocumentOptions NoDuplicates = new() { AllowDuplicateProperties = false };

    public static IEnumerable<PairRecord> Read(string path)
    {
        using Stream content = Open(path);
        using StreamReader reader = new(content, new UTF8Encoding(false, throwOnInvalidBytes: true));
        for (int line = 1; ReadLine(reader, path, line) is { } text; line++)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            string place = $"{path}:{line}";
            using JsonDocument document = Parse(text, place);
            yield return new PairRecord(place, document.RootElement);
        }
    }

    private static Stream Open(string path)
    {
        try
        {
            FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{path}: the file cannot be opened ({e.Message}). Check its permissions and whether "
                + "another program writes it.", e);
        }
    }

    private static string? ReadLine(StreamReader reader, string path, int line)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw new RewardModelingException(
                $"{path}:{FirstBadLine(path)}: found bytes that are not UTF-8, expected text in UTF-8. Save the file as UTF-8.", e);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new RewardModelingException($"{path}:{line}: the compressed content is damaged or cut off here ({e.Message}). Get the "
                + "file again.", e);
        }
    }

    // The decoder works ahead of the lines, so the place is looked for again: one byte is one character in Latin-1.
    private static int FirstBadLine(string path)
    {
        using Stream content = Open(path);
        using StreamReader reader = new(content, Encoding.Latin1, detectEncodingFromByteOrderMarks: false);
        int line = 1;
        while (reader.ReadLine() is { } text && Utf8.IsValid(Encoding.Latin1.GetBytes(text)))
        {
            line++;
        }

        return line;
    }

    private static JsonDocument Parse(string text, string place)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, NoDuplicates);
        }
        catch (JsonException e) when (e.BytePositionInLine is { } position)
        {
            throw new RewardModelingException(
                $"{place}: found invalid JSON at character {position + 1}, expected one JSON object on the line. "
                + "Correct or remove the line (a cut-off last line means that the file is incomplete).", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            string found = e is JsonException ? "a field that is there twice" : "half of a surrogate pair in the name of a field";
            throw new RewardModelingException($"{place}: found {found}, expected fields with names of their own, in valid Unicode. Correct the line.", e);
        }

        return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new RewardModelingException(
            $"{place}: found a JSON {document.RootElement.ValueKind.ToString().ToLowerInvariant()}, expected one JSON object a line. "
            + "If the file is one JSON array, write each element on a line of its own.");
    }
}
