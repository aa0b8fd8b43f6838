using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>
/// A training run on disk: weights, moments, step, and what the run was about. The order of the data is a function of seed
/// and step, so it needs no state. A checkpoint is written into a temporary folder that is renamed when it is complete;
/// older ones are deleted only then.
/// </summary>
internal static class Checkpoint
{
    private const string Prefix = "step-";
    private const string TensorsName = "training.safetensors";
    private const string StateName = "state.json";
    private const string Unfinished = ".writing-";
    private const int FormatVersion = 1;

    /// <summary>
    /// Clears a folder before a run: what a killed run left half written always goes, and where the run starts anew also
    /// the checkpoints of earlier runs, which must never be taken for its own.
    /// </summary>
    /// <exception cref="RewardModelingException">An earlier checkpoint cannot be deleted.</exception>
    public static void Clear(string directory, bool keepComplete)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        try
        {
            foreach (string folder in Directory.GetDirectories(directory, Unfinished + "*").Concat(keepComplete ? [] : Directory.GetDirectories(directory, Prefix + "*")))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{directory}: the checkpoint of an earlier run cannot be deleted ({error.Message}). Delete it or choose another folder.", error);
        }
    }

    /// <summary>Writes a checkpoint and returns its folder. One of this step is already the run's own (see <see cref="Clear"/>) and stays.</summary>
    /// <exception cref="RewardModelingException">The folder cannot be written.</exception>
    public static string Save(string directory, ParameterStore parameters, AdamW optimizer, JsonObject fingerprint, IReadOnlyList<StepMetrics> curve)
    {
        string target = Path.Combine(directory, Prefix + optimizer.Steps.ToString("D8", CultureInfo.InvariantCulture));
        if (Directory.Exists(target))
        {
            return target;
        }

        string temporary = Path.Combine(directory, Unfinished + Path.GetRandomFileName());
        try
        {
            Directory.CreateDirectory(temporary);
            string tensors = Path.Combine(temporary, TensorsName);
            SafetensorsWriter.Write(tensors, Sources(parameters, optimizer));
            File.WriteAllLines(Path.Combine(temporary, "metrics.jsonl"), curve.Select(MetricsFile.Line));
            WriteDurably(Path.Combine(temporary, StateName), new JsonObject
            {
                ["format_version"] = FormatVersion,
                ["step"] = optimizer.Steps,
                ["sha256"] = Hash(tensors),
                ["run"] = fingerprint.DeepClone(),
            }.ToJsonString());
            Directory.Move(temporary, target);
            foreach (string older in Directory.GetDirectories(directory, Prefix + "*").Where(folder => folder != target))
            {
                Directory.Delete(older, recursive: true);
            }

            return target;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RewardModelingException($"{directory}: the checkpoint cannot be written ({error.Message}). Free space or choose another folder.", error);
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    /// <summary>The newest complete checkpoint, or null.</summary>
    public static string? Newest(string directory) => Directory.Exists(directory)
        ? Directory.GetDirectories(directory, Prefix + "*").Where(folder => File.Exists(Path.Combine(folder, StateName))).Max(StringComparer.Ordinal)
        : null;

    /// <summary>Restores weights, moments and step, and returns the steps made so far.</summary>
    /// <exception cref="RewardModelingException">The checkpoint is damaged or of another run: what differs is named.</exception>
    public static IReadOnlyList<StepMetrics> Load(string checkpoint, ParameterStore parameters, AdamW optimizer, JsonObject fingerprint)
    {
        try
        {
            JsonNode state = JsonNode.Parse(File.ReadAllText(Path.Combine(checkpoint, StateName)))!;
            CheckSameRun(checkpoint, state["run"]!.AsObject(), fingerprint);
            string tensors = Path.Combine(checkpoint, TensorsName);
            string hash = Hash(tensors);
            if (hash != (string?)state["sha256"])
            {
                throw new RewardModelingException($"{tensors}: the content has SHA-256 {hash}, but {StateName} says {state["sha256"]}. Delete {checkpoint} and train again.");
            }

            using SafetensorsFile file = SafetensorsFile.Open(tensors);
            foreach ((string name, Tensor tensor) in Tensors(parameters, optimizer))
            {
                Restore(file, name, tensor);
            }

            optimizer.Steps = (int)state["step"]!;
            return [.. File.ReadLines(Path.Combine(checkpoint, "metrics.jsonl")).Select(MetricsFile.Parse)];
        }
        catch (Exception error) when (error is IOException or JsonException or NullReferenceException or InvalidOperationException or FormatException)
        {
            throw new RewardModelingException($"{checkpoint}: the checkpoint cannot be read ({error.Message}). Delete the folder and train again.", error);
        }
    }

    private static IEnumerable<(string Name, Tensor Tensor)> Tensors(ParameterStore parameters, AdamW optimizer)
        => parameters.Items.SelectMany((item, i) => new[]
        {
            ($"weight.{item.Key}", item.Value), ($"mean.{item.Key}", optimizer.Means[i]), ($"square.{item.Key}", optimizer.Squares[i]),
        });

    private static IEnumerable<SafetensorsSource> Sources(ParameterStore parameters, AdamW optimizer)
        => Tensors(parameters, optimizer).Select(item => new SafetensorsSource(
            item.Name, "F32", item.Tensor.shape, stream => SavedTensor.Write(stream, item.Name, item.Tensor, "F32")));

    private static void Restore(SafetensorsFile file, string name, Tensor tensor)
    {
        if (!file.TryGet(name, out SafetensorsTensor? source) || !source.Shape.SequenceEqual(tensor.shape))
        {
            throw new RewardModelingException($"{file.Path}: tensor '{name}' is missing or not of shape [{string.Join(", ", tensor.shape)}]. The checkpoint is of another model.");
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = no_grad();
        Tensor values = empty(tensor.shape, ScalarType.Float32, CPU);
        ModelWeights.VisitParts(values, (start, part) => source.ReadSingles(start, part));
        tensor.copy_(values);
    }

    private static void CheckSameRun(string checkpoint, JsonObject saved, JsonObject wanted)
    {
        string[] different = [.. wanted.Where(item => item.Value?.ToJsonString() != saved[item.Key]?.ToJsonString())
            .Select(item => $"{item.Key} (then {saved[item.Key]?.ToJsonString() ?? "absent"}, now {item.Value?.ToJsonString() ?? "absent"})")];
        if (different.Length > 0)
        {
            throw new RewardModelingException(
                $"{checkpoint}: the checkpoint is of another run; different: {string.Join(", ", different)}. Resume with the same data and options, or train without resuming.");
        }
    }

    private static string Hash(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static void WriteDurably(string path, string text)
    {
        using FileStream stream = new(path, FileMode.CreateNew);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }
}
