using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;

namespace RewardModeling.Tool.Files;

/// <summary>
/// Writes one JSON object a line into <c>PATH.partial</c>, which takes the final name only when everything is written: a run
/// that fails or is killed leaves nothing that looks complete.
/// </summary>
internal sealed class JsonLinesWriter : IDisposable
{
    private readonly string _path;
    private readonly string _partial;
    private readonly StreamWriter _writer;
    private readonly FileStream _file;
    private bool _isCommitted;

    public JsonLinesWriter(string path)
    {
        _path = path;
        _partial = path + ".partial";
        _file = new FileStream(_partial, FileMode.Create, FileAccess.Write, FileShare.None);
        Stream stream = JsonLines.IsCompressed(path) ? new GZipStream(_file, CompressionLevel.Optimal) : _file;
        _writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
    }

    public long Rows { get; private set; }

    public void Write(JsonObject row)
    {
        _writer.WriteLine(row.ToJsonString(JsonLines.Compact));
        Rows++;
    }

    /// <summary>Ends the file, makes sure that it is on the disk, and gives it its name.</summary>
    public void Commit()
    {
        _writer.Flush();
        if (!JsonLines.IsCompressed(_path))
        {
            _file.Flush(flushToDisk: true);
        }

        _writer.Dispose();
        File.Move(_partial, _path, overwrite: true);
        _isCommitted = true;
    }

    public void Dispose()
    {
        if (!_isCommitted)
        {
            _writer.Dispose();
            File.Delete(_partial);
        }
    }
}
