namespace Microsoft.ML.RewardModeling.Native;

/// <summary>
/// Keeps derived native files in a per-user folder. A file is written under a temporary name and renamed, and its
/// content is compared at every start, so a damaged or half-written file is made again and processes that start at the
/// same time do not disturb each other: a rename leaves the file that another process has mapped as it is.
/// </summary>
internal static class NativeFileCache
{
    private const string FolderName = "Microsoft.ML.RewardModeling";

    /// <summary>The folders to try, best first.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    public static IReadOnlyList<string> Folders(Func<string, string?> environment)
    {
        List<string?> parents =
        [
            environment("XDG_CACHE_HOME"),
            environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".cache") : null,
            Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData),
        ];

        // The XDG specification tells to ignore relative paths.
        return [.. parents.OfType<string>().Where(Path.IsPathRooted).Select(parent => Path.Combine(parent, FolderName)).Distinct()];
    }

    /// <summary>The path of a file with exactly this content in a folder; makes folder and file where needed.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static string Put(string folder, string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        if (Holds(path, content))
        {
            return path;
        }

        CreatePrivate(folder);
        string temporary = Path.Combine(folder, $"{name}.{Path.GetRandomFileName()}.tmp");
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        return Holds(path, content) ? path : throw new IOException($"{path} does not hold what was just written to it.");
    }

    private static bool Holds(string path, byte[] content)
    {
        try
        {
            return new FileInfo(path) is { Exists: true } file && file.Length == content.Length
                && File.ReadAllBytes(path).AsSpan().SequenceEqual(content);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
