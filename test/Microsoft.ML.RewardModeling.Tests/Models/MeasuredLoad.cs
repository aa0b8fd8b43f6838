using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Native;
using TorchSharp;

namespace Microsoft.ML.RewardModeling.Tests.Models;

/// <summary>Runs in a process of its own: loads a model, scores a pair of 512-token texts, and tells what it took.</summary>
internal static class MeasuredLoad
{
    public const string Command = "measured-load";

    /// <summary>
    /// Seconds and bytes. "resident" is all memory of the process, mapped files included; "private" is what only it has.
    /// Peaks are the kernel's own mark (resident) and samples every 2 ms (private).
    /// </summary>
    public static JsonObject Run(string directory, WeightPrecision precision)
    {
        TorchRuntime.EnsureLoaded();
        using (torch.Tensor warm = torch.ones(64, 64).matmul(torch.ones(64, 64)))
        {
            _ = warm.sum().item<float>();
        }

        using CancellationTokenSource stop = new();
        long mostPrivate = 0;
        Thread sampler = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                mostPrivate = Math.Max(mostPrivate, Status("RssAnon"));
                Thread.Sleep(2);
            }
        });
        long residentBefore = Status("VmRSS"), privateBefore = Status("RssAnon");
        sampler.Start();
        long started = Stopwatch.GetTimestamp();
        using RewardModel model = RewardModel.Load(directory, new RewardModelLoadOptions { Precision = precision });
        double loadSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long residentPeakOfLoad = Status("VmHWM");
        started = Stopwatch.GetTimestamp();
        int[] text = [.. Enumerable.Range(0, 512).Select(i => (i * 7919) % model.Config.VocabularySize)];
        float[] rewards = model.Score([text, [.. text.Reverse()]]);
        double scoreSeconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        stop.Cancel();
        sampler.Join();
        return new JsonObject
        {
            ["load_seconds"] = loadSeconds,
            ["score_seconds"] = scoreSeconds,
            ["parameters"] = model.ParameterCount,
            ["rewards"] = new JsonArray([.. rewards.Select(reward => (JsonNode)reward)]),
            ["resident_before"] = residentBefore,
            ["resident_peak_of_load"] = residentPeakOfLoad,
            ["resident_peak"] = Status("VmHWM"),
            ["private_before"] = privateBefore,
            ["private_peak"] = mostPrivate,
        };
    }

    private static long Status(string key)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(key + ":", StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
