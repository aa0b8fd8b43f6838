using RewardModeling.Tool.CommandLine;
using RewardModeling.Tool.Files;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Training;

/// <summary>Decides whether a training run may use a folder, so that neither a stopped run nor somebody's files are lost.</summary>
internal static class TrainingFolder
{
    private const string Checkpoints = "checkpoint";
    private const string Unfinished = "unfinished";

    /// <summary>The full path of the folder, made and shown to be writable.</summary>
    /// <exception cref="UsageException">The folder is the backbone, holds something else, or an unfinished run.</exception>
    public static string Prepare(string path, string backbone, bool resume, ToolContext context)
    {
        string full = OutputPaths.NotAFile("--out", path);
        if (Path.TrimEndingDirectorySeparator(full) == Path.TrimEndingDirectorySeparator(backbone))
        {
            throw new UsageException("--out is the folder of --backbone, which would be overwritten; expected another one. Choose a new folder.");
        }

        bool isStarted = HasCheckpoint(full);
        bool isModel = File.Exists(Path.Combine(full, "config.json"));

        // A later run into the folder of a finished model leaves this mark until it is finished too.
        bool isFinished = isModel && !File.Exists(Path.Combine(full, Checkpoints, Unfinished));
        if (isModel && !File.Exists(Path.Combine(full, "reward_model.json")) && !File.Exists(Path.Combine(full, "language_model.json")))
        {
            throw new UsageException($"--out '{path}' holds a model that was not trained here and would be overwritten. Choose a new folder.");
        }

        if (!isModel && !isStarted && Directory.Exists(full) && HasForeignFiles(full))
        {
            throw new UsageException($"--out '{path}' holds files that are no model; expected a new or empty folder. Choose another one.");
        }

        if (isStarted && !isFinished && !resume)
        {
            throw new UsageException(
                $"--out '{path}' holds the checkpoint of a run that was not finished. Add --resume to go on from it, or delete the folder to start anew.");
        }

        full = OutputPaths.Folder("--out", path);
        if (resume && !isStarted)
        {
            context.Note($"No checkpoint in {path}: starting from the first step.");
        }

        return full;
    }

    private static bool HasCheckpoint(string folder)
    {
        string checkpoints = Path.Combine(folder, Checkpoints);
        return Directory.Exists(checkpoints) && Directory.EnumerateDirectories(checkpoints, "step-*").Any();
    }

    // What a run leaves that was stopped before its first checkpoint.
    private static bool HasForeignFiles(string folder) => Directory.EnumerateFileSystemEntries(folder)
        .Select(entry => Path.GetFileName(entry))
        .Any(name => name is not ("metrics.jsonl" or "tensorboard" or "adapter" or Checkpoints) && !name.StartsWith('.'));
}
