using System.Diagnostics;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.TrainingSpeed;

/// <summary>The machine's limit: plain float32 products of the layers' and the head's shapes, forward and both backward ones.</summary>
internal static class Matmul
{
    public static JsonObject Measure(Job.Shape shape, int tokens, int labels)
    {
        int width = shape.Heads * shape.HeadDim, groups = shape.Groups * shape.HeadDim;
        (int Rows, int In, int Out, int Times)[] products =
        [
            (tokens, shape.Hidden, width, shape.Layers), (tokens, shape.Hidden, groups, 2 * shape.Layers), (tokens, width, shape.Hidden, shape.Layers),
            (tokens, shape.Hidden, shape.Mlp, 2 * shape.Layers), (tokens, shape.Mlp, shape.Hidden, shape.Layers), (labels, shape.Hidden, shape.Vocabulary, 1),
        ];
        double flops = 0, seconds = 0;
        using IDisposable gradients = no_grad();
        foreach ((int rows, int inputs, int outputs, int times) in products)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = randn(rows, inputs), w = randn(outputs, inputs), y = randn(rows, outputs);
            seconds += times * (Best(() => nn.functional.linear(x, w)) + Best(() => y.mm(w)) + Best(() => y.t().mm(x)));
            flops += times * 3 * 2.0 * rows * inputs * outputs;
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
