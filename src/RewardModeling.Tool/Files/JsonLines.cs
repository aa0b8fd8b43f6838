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

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>The rows in the order of the file; empty lines are passed over.</summary>
    /// <exception cref="WorkException">A line is no JSON object, or there is none; the message names path and line.</exception>
    public static IEnumerable<JsonRow> Read(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream stream = IsCompressed(path) ? new GZipStream(file, CompressionMode.Decompress) : file;

        // In Latin-1 one character is one byte: lines come as the bytes they are, and a bad one is found where it stands.
        using StreamReader reader = new(stream, Encoding.Latin1, detectEncodingFromByteOrderMarks: false);
        bool any = false;
        for (int line = 1; ReadLine(reader, path, line) is { } characters; line++)
        {
            string text = Text(Encoding.Latin1.GetBytes(characters), path, line);
            if (!string.IsNullOrWhiteSpace(text))
            {
                any = true;
                yield return new JsonRow(Parse(text, path, line), $"{path}:{line}");
            }
        }

        if (!any)
        {
            throw new WorkException($"{path}: found no row, expected at least one. Check that the file is the one you meant.");
        }
    }

    private static string? ReadLine(StreamReader reader, string path, int line)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (InvalidDataException error)
        {
            throw new WorkException($"{path}:{line}: the compression is broken here: {error.Message} Write the file again.", error);
        }
    }

    private static string Text(byte[] bytes, string path, int line)
    {
        try
        {
            return StrictUtf8.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            throw new WorkException($"{path}:{line}: found bytes that are not UTF-8; expected text in UTF-8. Save the file as UTF-8.", error);
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
