using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling;

/// <summary>JSON Lines, plain or gzip-compressed: UTF-8, one object a line, blank lines skipped.</summary>
internal static class JsonLines
{
    public static IEnumerable<PairRecord> Read(string path)
    {
        using Stream file = Open(path);
        using Stream content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
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

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
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
                $"{path}:{line}: found bytes that are not UTF-8, in this line or in the few thousand characters after it. Save the file "
                    + "as UTF-8.", e);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new RewardModelingException($"{path}:{line}: the compressed content is damaged or cut off here ({e.Message}). Get the "
                + "file again.", e);
        }
    }

    private static JsonDocument Parse(string text, string place)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException e)
        {
            throw new RewardModelingException(
                $"{place}: found invalid JSON at character {(e.BytePositionInLine ?? 0) + 1}, expected one JSON object on the line. "
                + "Correct or remove the line (a cut-off last line means that the file is incomplete).", e);
        }

        return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new RewardModelingException(
            $"{place}: found a JSON {document.RootElement.ValueKind.ToString().ToLowerInvariant()}, expected one JSON object a line. "
            + "If the file is one JSON array, write each element on a line of its own.");
    }
}
