namespace Microsoft.ML.RewardModeling;

/// <summary>Files that appear only when they are complete: temporary file beside the target, flush to disk, rename.</summary>
internal static class AtomicFile
{
    /// <summary>Writes a file; a failure leaves what was there before and no temporary file.</summary>
    /// <exception cref="RewardModelingException">The folder is missing or cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        try
        {
            Replace(path, write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException(
                $"{path}: the file cannot be written ({e.Message}). Expected a folder that exists and is writable, with space left: "
                    + $"create {Path.GetDirectoryName(Path.GetFullPath(path))}, or choose another place.", e);
        }
    }

    /// <summary>The same for a part of something larger, whose writer knows what to tell: errors of the file system come as they are.</summary>
    public static void Replace(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string temporary = full + ".incomplete";
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report; a left-over .incomplete file is overwritten by the next run.
        }
    }
}
