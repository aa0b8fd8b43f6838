namespace RewardModeling.Testing;

/// <summary>Finds the repository, its own data, and the larger data set that may lie beside it.</summary>
internal static class TestData
{
    public static string RepositoryRoot { get; } = FindUpwards(AppContext.BaseDirectory, "RewardModeling.sln")
        ?? throw new InvalidOperationException($"No RewardModeling.sln above {AppContext.BaseDirectory}.");

    /// <summary>A path inside the repository's <c>data/</c> folder.</summary>
    public static string Own(params string[] parts) => Path.Combine([RepositoryRoot, "data", .. parts]);

    /// <summary>A path inside <c>shared/data</c> beside the repository; the test is skipped, with the reason, where it is missing.</summary>
    public static string SharedOrSkip(params string[] parts)
    {
        if (FindShared(parts) is { } path)
        {
            return path;
        }

        Assert.Inconclusive($"skipped: shared/data/{string.Join('/', parts)} is not beside this repository");
        throw new InvalidOperationException("unreachable");
    }

    private static string? FindShared(string[] parts)
    {
        for (DirectoryInfo? folder = new(RepositoryRoot); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine([folder.FullName, "shared", "data", .. parts]);
            if (File.Exists(path) || Directory.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static string? FindUpwards(string start, string file)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, file)))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
