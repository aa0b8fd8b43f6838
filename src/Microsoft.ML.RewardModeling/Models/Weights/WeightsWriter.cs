using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>Writes the weights of a model directory: one file, or shards with an index as transformers writes them.</summary>
internal static partial class WeightsWriter
{
    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <summary>Writes into an empty folder.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="tensors">The tensors; shards keep their order.</param>
    /// <param name="maxShardBytes">The most bytes of tensors in one file, unless one tensor alone is larger.</param>
    public static void Write(string directory, IReadOnlyList<SafetensorsSource> tensors, long maxShardBytes)
    {
        List<List<SafetensorsSource>> shards = Split(tensors, maxShardBytes);
        if (shards.Count == 1)
        {
            SafetensorsWriter.Write(Path.Combine(directory, WeightsDirectory.SingleName), tensors, Metadata);
            return;
        }

        JsonObject map = [];
        for (int i = 0; i < shards.Count; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
            SafetensorsWriter.Write(Path.Combine(directory, name), shards[i], Metadata);
            foreach (SafetensorsSource tensor in shards[i])
            {
                map[tensor.Name] = name;
            }
        }

        JsonObject index = new() { ["metadata"] = new JsonObject { ["total_size"] = tensors.Sum(tensor => tensor.ByteLength) }, ["weight_map"] = map };
        File.WriteAllText(Path.Combine(directory, WeightsDirectory.IndexName), index.ToJsonString(new() { WriteIndented = true }) + "\n");
    }

    /// <summary>Names of weight files of a model in the folder, which a new model must not be mixed with.</summary>
    public static IEnumerable<string> Existing(string directory) => !Directory.Exists(directory) ? [] : Directory.GetFiles(directory).Select(file => Path.GetFileName(file))
        .Where(name => name is WeightsDirectory.SingleName or WeightsDirectory.IndexName or WeightsDirectory.ValueHeadName || Shard().IsMatch(name));

    private static List<List<SafetensorsSource>> Split(IReadOnlyList<SafetensorsSource> tensors, long maxShardBytes)
    {
        List<List<SafetensorsSource>> shards = [[]];
        long size = 0;
        foreach (SafetensorsSource tensor in tensors)
        {
            if (shards[^1].Count > 0 && size + tensor.ByteLength > maxShardBytes)
            {
                shards.Add([]);
                size = 0;
            }

            shards[^1].Add(tensor);
            size += tensor.ByteLength;
        }

        return shards;
    }

    [GeneratedRegex(@"^model-\d{5}-of-\d{5}\.safetensors$")]
    private static partial Regex Shard();
}
