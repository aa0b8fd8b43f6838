using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Files;

/// <summary>Checks, before any work, that what the command line names is there.</summary>
internal static class InputPaths
{
    public static string File(string option, string path)
    {
        if (System.IO.File.Exists(path))
        {
            return Path.GetFullPath(path);
        }

        throw new UsageException(Directory.Exists(path)
            ? $"{option} names the folder '{path}'; expected a file. Name a file inside it."
            : Missing(option, path, "file"));
    }

    public static IReadOnlyList<string> Files(string option, IReadOnlyList<string> paths) => [.. paths.Select(path => File(option, path))];

    public static string Folder(string option, string path)
    {
        if (Directory.Exists(path))
        {
            return Path.GetFullPath(path);
        }

        throw new UsageException(System.IO.File.Exists(path)
            ? $"{option} names the file '{path}'; expected a folder. Name the folder that holds it."
            : Missing(option, path, "folder"));
    }

    public static string FileOrFolder(string option, string path) => System.IO.File.Exists(path) || Directory.Exists(path)
        ? Path.GetFullPath(path)
        : throw new UsageException(Missing(option, path, "file or folder"));

    private static string Missing(string option, string path, string kind)
    {
        string full = Path.GetFullPath(path);
        string? parent = Path.GetDirectoryName(full);
        if (parent is null || !Directory.Exists(parent))
        {
            return $"{option}: no {kind} '{path}' (its folder {parent ?? "/"} does not exist either). Check the path.";
        }

        IEnumerable<string> siblings = Directory.EnumerateFileSystemEntries(parent).Take(1000).Select(entry => Path.GetFileName(entry));
        string hint = Suggestions.Nearest(Path.GetFileName(full), siblings) is { } near ? $" Did you mean '{near}'?" : "";
        return $"{option}: no {kind} '{path}' (looked in {parent}).{hint} Check the path.";
    }
}
