using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Files;

/// <summary>Finds out whether an output can be written before hours of work or a teacher's bill depend on it.</summary>
internal static class OutputPaths
{
    /// <summary>Makes the folder of an output file and checks that files can be made in it.</summary>
    public static string File(string option, string path)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full))
        {
            throw new UsageException($"{option} names the folder '{path}'; expected the name of a file. Add a file name.");
        }

        Probe(option, path, Path.GetDirectoryName(full)!);
        return full;
    }

    /// <summary>Makes an output folder and checks that files can be made in it.</summary>
    public static string Folder(string option, string path)
    {
        string full = NotAFile(option, path);
        Probe(option, path, full);
        return full;
    }

    /// <summary>The full path of an output folder that somebody else makes and checks.</summary>
    public static string NotAFile(string option, string path) => System.IO.File.Exists(path)
        ? throw new UsageException($"{option} names the file '{path}'; expected a folder. Choose another name.")
        : Path.GetFullPath(path);

    private static void Probe(string option, string path, string folder)
    {
        string probe = Path.Combine(folder, $".rewardmodel-{Environment.ProcessId}.probe");
        try
        {
            Directory.CreateDirectory(folder);
            using FileStream stream = new(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new WorkException(
                $"{option}: cannot write to '{path}': {error.Message.TrimEnd('.')}. Expected a folder that can be created and written to. "
                + "Choose another place or change its permissions.",
                error);
        }
    }
}
