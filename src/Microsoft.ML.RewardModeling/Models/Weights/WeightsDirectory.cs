using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>
/// The weights of a Hugging Face model directory: <c>model.safetensors</c>, or shards listed by
/// <c>model.safetensors.index.json</c>; beside them <c>value_head.safetensors</c>, if there is one. All tensors are found by name whatever file they are in.
/// </summary>
public sealed class WeightsDirectory : IDisposable
{
    internal const string SingleName = "model.safetensors";
    internal const string IndexName = "model.safetensors.index.json";

    /// <summary>LLaMA-Factory's file of a value head, beside the backbone's files and in no index.</summary>
    internal const string ValueHeadName = "value_head.safetensors";

    private readonly List<SafetensorsFile> _files;
    private readonly Dictionary<string, SafetensorsTensor> _tensors = new(StringComparer.Ordinal);

    private WeightsDirectory(string directory, List<SafetensorsFile> files)
    {
        (Directory, _files) = (directory, files);
        foreach (SafetensorsTensor tensor in files.SelectMany(f => f.Tensors))
        {
            if (!_tensors.TryAdd(tensor.Name, tensor))
            {
                throw new RewardModelingException(
                    $"{directory}: tensor '{tensor.Name}' is in {_tensors[tensor.Name].Source} and in {tensor.Source}; expected it once.");
            }
        }
    }

    /// <summary>The directory.</summary>
    public string Directory { get; }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors => _tensors;

    /// <summary>The files that hold them.</summary>
    public IReadOnlyList<string> Files => [.. _files.Select(f => f.Path)];

    /// <summary>Sum of all tensors' bytes.</summary>
    public long ByteLength => _tensors.Values.Sum(t => t.ByteLength);

    /// <summary>Number of stored parameters (tied tensors are stored and counted once).</summary>
    public long ParameterCount => _tensors.Values.Sum(t => t.ElementCount);

    /// <summary>Opens the weights of a model directory.</summary>
    /// <param name="directory">A folder with <c>model.safetensors</c> or <c>model.safetensors.index.json</c>.</param>
    /// <returns>The open weights; dispose them when the tensors are no longer used.</returns>
    /// <exception cref="RewardModelingException">No weights, a missing shard, a tensor the index promises but no shard holds, or a damaged file.</exception>
    public static WeightsDirectory Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string single = Path.Combine(directory, SingleName);
        string index = Path.Combine(directory, IndexName);
        if (File.Exists(single))
        {
            return OpenFiles(directory, [single, .. ValueHead(directory, [single])]);
        }

        if (!File.Exists(index))
        {
            string found = System.IO.Directory.Exists(directory) && System.IO.Directory.EnumerateFiles(directory, "*.bin").Any()
                ? " It has .bin files, which are Python pickles and are not read; convert them to safetensors."
                : string.Empty;
            throw new RewardModelingException($"{directory}: expected {SingleName} or {IndexName}, found neither.{found}");
        }

        Dictionary<string, string> weightMap = ReadIndex(index);
        string[] shards = [.. weightMap.Values.Distinct().Order(StringComparer.Ordinal).Select(s => Path.Combine(directory, s))];
        string[] missing = [.. shards.Where(s => !File.Exists(s))];
        if (missing.Length > 0)
        {
            throw new RewardModelingException($"{index}: these shards are not in the folder: {string.Join(", ", missing.Select(Path.GetFileName))}. Fetch them.");
        }

        WeightsDirectory weights = OpenFiles(directory, [.. shards, .. ValueHead(directory, shards)]);
        string[] absent = [.. weightMap.Where(p => !weights.TryGet(p.Key, out SafetensorsTensor? t) || Path.GetFileName(t.Source) != p.Value)
            .Select(p => $"'{p.Key}' ({p.Value})").Order(StringComparer.Ordinal)];
        if (absent.Length > 0)
        {
            weights.Dispose();
            throw new RewardModelingException($"{index}: {absent.Length} tensors are not in the shard it names: {string.Join(", ", absent.Take(20))}.");
        }

        return weights;
    }

    /// <summary>Finds a tensor by its exact name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="tensor">The tensor, if there is one.</param>
    /// <returns>Whether the directory has it.</returns>
    public bool TryGet(string name, [NotNullWhen(true)] out SafetensorsTensor? tensor) => _tensors.TryGetValue(name, out tensor);

    /// <summary>
    /// Checks names and shapes against what a model needs and reports every difference in one error: missing, misshapen,
    /// not a floating-point type, and (unless <paramref name="ignorable"/> accepts them) tensors the model does not have.
    /// </summary>
    /// <param name="expected">Every tensor the model needs with its shape.</param>
    /// <param name="ignorable">Names that may be there without being used, such as an old checkpoint's rotary buffers.</param>
    /// <exception cref="RewardModelingException">At least one difference.</exception>
    public void RequireExactly(IReadOnlyDictionary<string, long[]> expected, Func<string, bool>? ignorable = null)
    {
        ArgumentNullException.ThrowIfNull(expected);
        var problems = new List<(string Name, string Problem)>();
        foreach ((string name, long[] shape) in expected)
        {
            if (!_tensors.TryGetValue(name, out SafetensorsTensor? tensor))
            {
                problems.Add((name, $"is missing, expected shape {SafetensorsHeader.Text(shape)}"));
            }
            else if (!tensor.Shape.SequenceEqual(shape))
            {
                problems.Add((name, $"in {Path.GetFileName(tensor.Source)} has shape {SafetensorsHeader.Text(tensor.Shape)}, expected {SafetensorsHeader.Text(shape)}"));
            }
            else if (!SafetensorsDtype.IsReadable(tensor.Dtype))
            {
                problems.Add((name, $"in {Path.GetFileName(tensor.Source)} has type {tensor.Dtype}, expected {SafetensorsDtype.Readable}"));
            }
        }

        problems.AddRange(_tensors.Keys.Where(n => !expected.ContainsKey(n) && ignorable?.Invoke(n) != true)
            .Order(StringComparer.Ordinal).Select(n => (n, "is not part of this architecture")));
        if (problems.Count > 0)
        {
            throw new RewardModelingException(
                $"{Directory}: the weights do not fit config.json ({problems.Count} differences): {string.Join("; ", NumberedNames.Group(problems))}.");
        }
    }

    /// <summary>Closes all files; their tensors cannot be read any more.</summary>
    public void Dispose() => _files.ForEach(f => f.Dispose());

    private static string[] ValueHead(string directory, string[] known)
        => Path.Combine(directory, ValueHeadName) is var path && File.Exists(path) && !known.Contains(path) ? [path] : [];

    private static WeightsDirectory OpenFiles(string directory, string[] paths)
    {
        var files = new List<SafetensorsFile>();
        try
        {
            files.AddRange(paths.Select(SafetensorsFile.Open));
            return new WeightsDirectory(directory, files);
        }
        catch
        {
            files.ForEach(f => f.Dispose());
            throw;
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            using JsonDocument document = JsonDocument.Parse(stream, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            {
                throw new RewardModelingException($"{path}: expected an object with a 'weight_map' of tensor names to shard files.");
            }

            var result = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty property in map.EnumerateObject())
            {
                string? shard = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : null;
                // A shard is a file of this folder: a path would let an index read elsewhere.
                if (string.IsNullOrEmpty(shard) || Path.GetFileName(shard) != shard || shard.Contains('\\') || !shard.EndsWith(".safetensors", StringComparison.Ordinal))
                {
                    throw new RewardModelingException($"{path}: tensor '{property.Name}' is mapped to {property.Value.GetRawText()}; expected the name of a .safetensors file in the same folder.");
                }

                result.Add(property.Name, shard);
            }

            return result;
        }
        catch (JsonException e)
        {
            throw new RewardModelingException($"{path}: not valid JSON ({e.Message}). Fetch the file again.", e);
        }
    }
}
