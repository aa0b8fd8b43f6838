using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Files;

/// <summary>Reads the pairs of one or several files as one set.</summary>
internal static class PairInputs
{
    /// <summary>All pairs in the order of the files.</summary>
    /// <exception cref="WorkException">Two files hold the same id; within one file the reader says so.</exception>
    public static List<PreferencePair> Read(IReadOnlyList<string> paths)
    {
        List<PreferencePair> pairs = [];
        Dictionary<string, string> files = [];
        foreach (string path in paths)
        {
            foreach (PreferencePair pair in PairFile.Read(path))
            {
                if (!files.TryAdd(pair.Id, path))
                {
                    throw new WorkException(
                        $"{path}: the id '{pair.Id}' is already in {files[pair.Id]}; expected ids that differ across all --pairs files. "
                        + "Rename it, or leave one of the files out.");
                }

                pairs.Add(pair);
            }
        }

        return pairs;
    }
}
