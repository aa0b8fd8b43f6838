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
/// and step, so it needs no state. A checkpoint is written into a temporary folder, flushed to disk and renamed when it is
/// complete; older ones are deleted only then. The newest ones are kept, and the one of the best validation.
/// </summary>
internal static class Checkpoint
{
    private const string Prefix = "step-";
    private const string TensorsName = "training.safetensors";
    private const string StateName = "state.json";
    private const string MetricsName = "metrics.jsonl";
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
    /// <param name="directory">Folder of all checkpoints.</param>
    /// <param name="parameters">What is trained.</param>
    /// <param name="optimizer">Its moments.</param>
    /// <param name="fingerprint">What the run is about.</param>
    /// <param name="curve">Steps so far.</param>
    /// <param name="keep">Newest checkpoints to keep, this one included.</param>
    /// <exception cref="RewardModelingException">The folder cannot be written.</exception>
    public static string Save(string directory, ParameterStore parameters, AdamW optimizer, JsonObject fingerprint, IReadOnlyList<StepMetrics> curve, int keep)
    {
        string target = Of(directory, optimizer.Steps);
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
            WriteDurably(Path.Combine(temporary, MetricsName), string.Concat(curve.Select(step => MetricsFile.Line(step) + "\n")));
            WriteDurably(Path.Combine(temporary, StateName), new JsonObject
            {
                ["format_version"] = FormatVersion,
                ["step"] = optimizer.Steps,
                ["sha256"] = Hash(tensors),
                ["metrics_sha256"] = Hash(Path.Combine(temporary, MetricsName)),
                ["run"] = fingerprint.DeepClone(),
            }.ToJsonString());
            DurableFolder.Flush(temporary);
            Directory.Move(temporary, target);
            DurableFolder.Flush(directory);
            DropOlder(directory, keep, BestValidation.Of(curve)?.Step);
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

    /// <summary>The complete checkpoints, the newest first.</summary>
    public static IReadOnlyList<string> All(string directory) => Directory.Exists(directory)
        ? [.. Directory.GetDirectories(directory, Prefix + "*").Where(folder => File.Exists(Path.Combine(folder, StateName))).OrderDescending(StringComparer.Ordinal)]
        : [];

    /// <summary>The newest complete checkpoint, or null.</summary>
    public static string? Newest(string directory) => All(directory).Count > 0 ? All(directory)[0] : null;

    /// <summary>Where the checkpoint of a step is, if there is one.</summary>
    public static string Of(string directory, int step) => Path.Combine(directory, Prefix + step.ToString("D8", CultureInfo.InvariantCulture));

    /// <summary>
    /// Restores the newest checkpoint whose content is what was written: weights, moments and step. Damaged ones are passed
    /// over and named.
    /// </summary>
    /// <returns>The steps made so far, none without a checkpoint, and what was passed over and why.</returns>
    /// <exception cref="RewardModelingException">Every checkpoint is damaged, or the newest is of another run: what differs is named.</exception>
    public static (IReadOnlyList<StepMetrics> Curve, IReadOnlyList<string> Damaged) LoadNewest(string directory, ParameterStore parameters, AdamW optimizer, JsonObject fingerprint)
    {
        List<string> damaged = [];
        foreach (string checkpoint in All(directory))
        {
            if (Damage(checkpoint) is { } reason)
            {
                damaged.Add(reason);
                continue;
            }

            return (Load(checkpoint, parameters, optimizer, fingerprint), damaged);
        }

        return damaged.Count == 0 ? ([], []) : throw new RewardModelingException($"{string.Join(" ", damaged)} Delete {directory} and train again.");
    }

    /// <summary>Puts the weights of a step's checkpoint back, and nothing else.</summary>
    /// <exception cref="RewardModelingException">The checkpoint is damaged.</exception>
    public static void LoadWeights(string checkpoint, ParameterStore parameters)
    {
        if (Damage(checkpoint) is { } reason)
        {
            throw new RewardModelingException($"{reason} The weights of the best validation are gone; the last ones can be had by resuming without the best.");
        }

        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(checkpoint, TensorsName));
        foreach ((string name, Tensor tensor) in parameters.Items)
        {
            Restore(file, $"weight.{name}", tensor);
        }
    }

    /// <summary>What is wrong with the files of a checkpoint; null if nothing is.</summary>
    private static string? Damage(string checkpoint)
    {
        try
        {
            JsonNode state = JsonNode.Parse(File.ReadAllText(Path.Combine(checkpoint, StateName)))!;
            foreach ((string name, string key) in ((string, string)[])[(TensorsName, "sha256"), (MetricsName, "metrics_sha256")])
            {
                string path = Path.Combine(checkpoint, name);
                string hash = Hash(path);
                if (hash != (string?)state[key])
                {
                    return $"{path}: the content has SHA-256 {hash}, but {StateName} says {state[key]}.";
                }
            }

            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or NullReferenceException or InvalidOperationException or FormatException)
        {
            return $"{checkpoint}: the checkpoint cannot be read ({error.Message}).";
        }
    }

    private static IReadOnlyList<StepMetrics> Load(string checkpoint, ParameterStore parameters, AdamW optimizer, JsonObject fingerprint)
    {
        try
        {
            JsonNode state = JsonNode.Parse(File.ReadAllText(Path.Combine(checkpoint, StateName)))!;
            CheckSameRun(checkpoint, state["run"]!.AsObject(), fingerprint);
            using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(checkpoint, TensorsName));
            foreach ((string name, Tensor tensor) in Tensors(parameters, optimizer))
            {
                Restore(file, name, tensor);
            }

            optimizer.Steps = (int)state["step"]!;
            return [.. File.ReadLines(Path.Combine(checkpoint, MetricsName)).Select(MetricsFile.Parse)];
        }
        catch (Exception error) when (error is IOException or JsonException or NullReferenceException or InvalidOperationException or FormatException)
        {
            throw new RewardModelingException($"{checkpoint}: the checkpoint cannot be read ({error.Message}). Delete the folder and train again.", error);
        }
    }

    /// <summary>Older checkpoints lose their name before their files, so that a kill in between leaves nothing that looks complete.</summary>
    private static void DropOlder(string directory, int keep, int? best)
    {
        foreach (string older in All(directory).Skip(keep).Where(folder => best is null || folder != Of(directory, best.Value)))
        {
            string doomed = Path.Combine(directory, Unfinished + Path.GetRandomFileName());
            Directory.Move(older, doomed);
            Directory.Delete(doomed, recursive: true);
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
