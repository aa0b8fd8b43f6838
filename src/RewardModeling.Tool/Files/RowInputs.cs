using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Files;

/// <summary>Reads the rows of one or several files as one set.</summary>
internal static class RowInputs
{
    /// <summary>All rows in the order of the files.</summary>
    /// <exception cref="WorkException">Two files hold the same id; within one file the reader says so.</exception>
    public static List<T> Read<T>(string option, IReadOnlyList<string> paths, Func<string, IEnumerable<T>> read, Func<T, string> idOf)
    {
        List<T> rows = [];
        Dictionary<string, string> files = [];
        foreach (string path in paths)
        {
            foreach (T row in read(path))
            {
                string id = idOf(row);
                if (!files.TryAdd(id, path))
                {
                    throw new WorkException(
                        $"{path}: the id '{id}' is already in {files[id]}; expected ids that differ across all {option} files. "
                        + "Rename it, or leave one of the files out.");
                }

                rows.Add(row);
            }
        }

        return rows;
    }
}
