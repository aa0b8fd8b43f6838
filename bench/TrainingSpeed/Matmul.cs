using System.Diagnostics;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.TrainingSpeed;

/// <summary>The machine's limit: plain float32 products of the layers' shapes, forward and both backward ones.</summary>
internal static class Matmul
{
    public static JsonObject Measure(Job.Shape shape, int tokens)
    {
        int width = shape.Heads * shape.HeadDim, groups = shape.Groups * shape.HeadDim;
        (int In, int Out)[] layers =
        [
            (shape.Hidden, width), (shape.Hidden, groups), (shape.Hidden, groups), (width, shape.Hidden),
            (shape.Hidden, shape.Mlp), (shape.Hidden, shape.Mlp), (shape.Mlp, shape.Hidden),
        ];
        double flops = 0, seconds = 0;
        using IDisposable gradients = no_grad();
        foreach ((int inputs, int outputs) in layers)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = randn(tokens, inputs), w = randn(outputs, inputs), y = randn(tokens, outputs);
            seconds += Best(() => nn.functional.linear(x, w)) + Best(() => y.mm(w)) + Best(() => y.t().mm(x));
            flops += 3 * 2.0 * tokens * inputs * outputs;
        }

        return new JsonObject { ["flops_per_second"] = flops / seconds };
    }

    private static double Best(Func<Tensor> product)
    {
        double best = double.MaxValue;
        for (int i = 0; i < 7; i++)
        {
            long start = Stopwatch.GetTimestamp();
            product().Dispose();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
