using System.Globalization;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>Requests in a scratch file until all are known, because they come in the order in which threads found them.</summary>
internal sealed class BatchSpool : IDisposable
{
    private readonly FileStream _scratch = new(
        Path.Combine(Path.GetTempPath(), "rewardmodeling-" + Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);

    private readonly SortedDictionary<string, (long Offset, int Length)> _lines = new(StringComparer.Ordinal);

    public void Add(string key, byte[] line)
    {
        _scratch.Seek(0, SeekOrigin.End);
        _lines.Add(key, (_scratch.Position, line.Length));
        _scratch.Write(line);
    }

    public IReadOnlyList<string> Write(string path, long maxBytes, int maxLines)
    {
        List<List<(long Offset, int Length)>> files = Split(maxBytes, maxLines);
        List<string> names = [];
        foreach (List<(long Offset, int Length)> lines in files)
        {
            string number = string.Create(CultureInfo.InvariantCulture, $"-{names.Count + 1:000}");
            string name = files.Count == 1 ? path : path[..^Path.GetExtension(path).Length] + number + Path.GetExtension(path);
            AtomicFile.Write(name, stream =>
            {
                foreach ((long offset, int length) in lines)
                {
                    byte[] line = new byte[length];
                    _scratch.Seek(offset, SeekOrigin.Begin);
                    _scratch.ReadExactly(line);
                    stream.Write(line);
                }
            });
            names.Add(name);
        }

        return names;
    }

    public void Dispose() => _scratch.Dispose();

    private List<List<(long Offset, int Length)>> Split(long maxBytes, int maxLines)
    {
        List<List<(long Offset, int Length)>> files = [];
        long bytes = 0;
        foreach ((long Offset, int Length) line in _lines.Values)
        {
            if (files.Count == 0 || files[^1].Count == maxLines || bytes + line.Length > maxBytes)
            {
                files.Add([]);
                bytes = 0;
            }

            files[^1].Add(line);
            bytes += line.Length;
        }

        return files;
    }
}
