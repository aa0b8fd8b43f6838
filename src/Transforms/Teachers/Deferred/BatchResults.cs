using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// The results of batches, found by <c>custom_id</c> whatever their order: <c>{"custom_id", "response": {"status_code", "body"},
/// "error"}</c> (OpenAI, Batch API reference, request output object). Only places are kept in memory.
/// </summary>
internal sealed class BatchResults : IDisposable
{
    private readonly List<FileStream> _files = [];
    private readonly Dictionary<string, (int File, long Offset, int Length, bool IsReply)> _places = [];

    /// <summary>Results of different calls; of several for one call, a reply counts before a failure, and the first of either.</summary>
    public int Count { get; private set; }

    public static BatchResults Open(IReadOnlyList<string> paths)
    {
        BatchResults results = new();
        try
        {
            foreach (string path in paths)
            {
                results.Index(path);
            }

            results.Count = results._places.Count;
            return results;
        }
        catch
        {
            results.Dispose();
            throw;
        }
    }

    /// <summary>The result of a call, once.</summary>
    public ImportedReply? Take(string key)
    {
        if (!_places.Remove(key, out (int File, long Offset, int Length, bool IsReply) place))
        {
            return null;
        }

        byte[] line = new byte[place.Length];
        FileStream file = _files[place.File];
        file.Seek(place.Offset, SeekOrigin.Begin);
        file.ReadExactly(line);
        using JsonDocument document = JsonDocument.Parse(line);
        return BatchResult.Read(document.RootElement);
    }

    public void Dispose() => _files.ForEach(f => f.Dispose());

    private void Index(string path)
    {
        FileStream file = Open(path);
        _files.Add(file);
        int number = 0;
        foreach ((long offset, byte[] line) in Lines(file))
        {
            number++;
            if (line.AsSpan().IndexOfAnyExcept(" \t\r"u8) < 0)
            {
                continue;
            }

            (string key, bool isReply) = Identify(line, $"{path}:{number}");
            if (!_places.TryGetValue(key, out (int File, long Offset, int Length, bool IsReply) other) || (isReply && !other.IsReply))
            {
                _places[key] = (_files.Count - 1, offset, line.Length, isReply);
            }
        }
    }

    private static (string Key, bool IsReply) Identify(byte[] line, string place)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("custom_id", out JsonElement id)
                && id.ValueKind == JsonValueKind.String && document.RootElement.TryGetProperty("response", out _)
                ? (id.GetString()!, BatchResult.Read(document.RootElement).Failure is null)
                : throw new RewardModelingException(
                    $"{place}: found a line that is no result of a batch, expected an object with \"custom_id\" and \"response\". Name the file that the "
                    + "batch service wrote, not the one that was sent to it.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new RewardModelingException(
                $"{place}: found invalid JSON, expected one result of a batch. If it is the last line, the file is incomplete: get it again.", e);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{path}: the results cannot be opened ({e.Message}). Check the path and its permissions.", e);
        }
    }

    private static IEnumerable<(long Offset, byte[] Line)> Lines(FileStream file)
    {
        byte[] buffer = new byte[1 << 16];
        using MemoryStream line = new();
        long start = 0;
        long position = 0;
        for (int read = file.Read(buffer); read > 0; read = file.Read(buffer))
        {
            int from = 0;
            for (int end = buffer.AsSpan(from, read - from).IndexOf((byte)'\n'); end >= 0; end = buffer.AsSpan(from, read - from).IndexOf((byte)'\n'))
            {
                line.Write(buffer, from, end);
                yield return (start, line.ToArray());
                line.SetLength(0);
                from += end + 1;
                start = position + from;
            }

            line.Write(buffer, from, read - from);
            position += read;
        }

        if (line.Length > 0)
        {
            yield return (start, line.ToArray());
        }
    }
}
