using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Files;

/// <summary>Reads files of one JSON object a line, <c>.jsonl</c> or <c>.jsonl.gz</c>.</summary>
internal static class JsonLines
{
    /// <summary>One line, texts readable as they are.</summary>
    public static JsonSerializerOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Of a field that is there twice, one value would be lost in silence.
    private static readonly JsonDocumentOptions NoDuplicates = new() { AllowDuplicateProperties = false };

    public static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>The rows in the order of the file; empty lines are passed over.</summary>
    /// <exception cref="WorkException">A line is no JSON object; the message names path and line.</exception>
    public static IEnumerable<JsonRow> Read(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream stream = IsCompressed(path) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using StreamReader reader = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        for (int line = 1; ReadLine(reader, path, line) is { } text; line++)
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                yield return new JsonRow(Parse(text, path, line), $"{path}:{line}");
            }
        }
    }

    private static string? ReadLine(StreamReader reader, string path, int line)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (Exception error) when (error is DecoderFallbackException or InvalidDataException)
        {
            throw new WorkException($"{path}:{line}: the file is no UTF-8 text or its compression is broken: {error.Message} Write it again.", error);
        }
    }

    private static JsonObject Parse(string text, string path, int line)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: NoDuplicates) as JsonObject
                ?? throw new WorkException($"{path}:{line}: found {Kind(text)}; expected one JSON object a line, {{...}}. Correct the line.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new WorkException($"{path}:{line}: invalid JSON: {Reason(error)} Expected one JSON object a line. Correct the line.", error);
        }
    }

    // The parser counts lines inside the text, which is always line 0 here: only the column is of use.
    private static string Reason(Exception error) => error is JsonException { BytePositionInLine: { } column } json
        ? $"{json.Message.Split(" LineNumber", 2)[0].Split(" Path:", 2)[0]} (byte {column + 1})."
        : error.Message;

    private static string Kind(string text) => text.TrimStart()[0] switch
    {
        '[' => "a JSON list",
        '"' => "a JSON string",
        _ => "a bare JSON value",
    };
}
