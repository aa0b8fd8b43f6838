using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.TrainingSpeed;

/// <summary>
/// What <see cref="PrefixCost.SegmentOperations"/> is on this machine: the same tokens in twice as many attention calls. Processor
/// time, because the difference is small and on one thread.
/// </summary>
internal static class Segments
{
    public static JsonObject Measure(RewardModel model, int layers, double flopsPerSecond)
    {
        const int Calls = 64, Length = 32;
        double few = Best(model, Calls, Length), many = Best(model, 2 * Calls, Length / 2);
        double seconds = (many - few) / (Calls * layers);
        return new JsonObject { ["microseconds"] = seconds * 1e6, ["operations"] = seconds * flopsPerSecond };
    }

    private static double Best(RewardModel model, int calls, int length)
    {
        int[][] sequences = [.. Enumerable.Range(0, calls).Select(call => Enumerable.Range(3 + (call * length), length).ToArray())];
        double best = double.MaxValue;
        for (int i = 0; i < 7; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            TimeSpan start = Environment.CpuUsage.TotalTime;
            model.Network.Hidden(RaggedRows.Create(sequences, model.Device)).sum().backward();
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalSeconds);
        }

        return best;
    }
}
