namespace Quickstart;

/// <summary>Where the quickstart reads and writes, and how long it trains.</summary>
internal sealed record QuickstartOptions(string DataFolder, string Backbone, string OutputFolder, int Epochs, int MaxPairs)
{
    private const string Usage = "usage: Quickstart [--epochs N] [--pairs N] [--out FOLDER]";

    /// <summary>A path in the output folder.</summary>
    public string Output(string name) => Path.Combine(OutputFolder, name);

    /// <summary>Reads the command line; false with a message when it does not fit.</summary>
    public static bool TryParse(string[] args, out QuickstartOptions options, out string error)
    {
        string root = RepositoryRoot();
        options = new QuickstartOptions(
            Path.Combine(root, "data", "first-party"),
            Path.Combine(root, "data", "models", "rm-nano-base"),
            Path.Combine(root, "samples", "Quickstart", "out"),
            Epochs: 3,
            MaxPairs: int.MaxValue);
        error = string.Empty;

        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            switch (args[i])
            {
                case "--epochs" when int.TryParse(value, out int epochs) && epochs > 0:
                    options = options with { Epochs = epochs };
                    break;
                case "--pairs" when int.TryParse(value, out int pairs) && pairs >= 20:
                    options = options with { MaxPairs = pairs };
                    break;
                case "--out" when value is not null:
                    options = options with { OutputFolder = Path.GetFullPath(value) };
                    break;
                default:
                    error = $"Cannot read '{args[i]}{(value is null ? "" : " " + value)}'; {Usage}";
                    return false;
            }
        }

        return true;
    }

    private static string RepositoryRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RewardModeling.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No RewardModeling.sln above {AppContext.BaseDirectory}: run the quickstart from its repository.");
    }
}
