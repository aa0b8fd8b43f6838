using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.RewardModeling.Scoring;

namespace Microsoft.ML.RewardModeling;

/// <summary>The files of a model directory that decide its scores, and their identity.</summary>
internal static class ModelContent
{
    /// <summary>Names of the files, in order.</summary>
    public static IReadOnlyList<string> Files(string directory)
        => [.. Directory.EnumerateFiles(directory).Select(f => Path.GetFileName(f)!)
            .Where(IsPart).Order(StringComparer.Ordinal)];

    /// <summary>Size of all files in bytes.</summary>
    public static long ByteLength(string directory) => Files(directory).Sum(f => new FileInfo(Path.Combine(directory, f)).Length);

    /// <summary>SHA-256 over names and contents.</summary>
    public static string Hash(string directory)
    {
        var list = new StringBuilder();
        foreach (string name in Files(directory))
        {
            list.Append(name).Append(' ').Append(ExportManifest.HashFiles(Path.Combine(directory, name))).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list.ToString())));
    }

    // metrics.jsonl and checkpoints may change without changing a score.
    private static bool IsPart(string name)
        => name is "config.json" or "reward_model.json" or "model.safetensors.index.json" or "generation_config.json"
            || OnnxExporter.TokenizerFiles.Contains(name) || name.EndsWith(".safetensors", StringComparison.Ordinal);
}
