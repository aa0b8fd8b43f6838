using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Native;
using Microsoft.ML.RewardModeling.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.TrainingSpeed;

/// <summary>This trainer's side: the answers of reference.py to the same commands.</summary>
internal sealed class Worker : IDisposable
{
    private readonly NativeHeap _heap = new(isCompact: false);
    private readonly Job _job;
    private readonly RewardModel _model;
    private readonly RewardModel _teacher;
    private readonly AdamW _optimizer;
    private readonly TrainingOptions _options;
    private readonly TokenizedPair[] _pairs;
    private readonly TopKDistributions? _distributions;

    public Worker(Job job)
    {
        _job = job;
        set_num_threads(job.Threads);
        _model = RewardModel.Create(job.Config.Backbone(), job.Seed);
        _teacher = RewardModel.Create(job.Config.Backbone(), job.TeacherSeed);
        _optimizer = new AdamW(_model.Parameters, 0.01);
        _options = new TrainingOptions
        {
            SftWeight = job.SftWeight, KlWeight = job.IsLanguageModel ? 0 : job.KlWeight, LearningRate = job.LearningRate, GradientClip = job.Clip,
            Compute = job.Variant == "bf16" ? ComputePrecision.BFloat16 : ComputePrecision.Float32,
        };
        _model.Network.SegmentOperations = job.Variant == "unshared" ? double.PositiveInfinity : _model.Network.SegmentOperations;
        _pairs = [.. Enumerable.Range(0, job.Batches.Count).SelectMany(job.Pairs)];
        _distributions = job.IsLanguageModel ? null : TopKDistributions.Compute(_teacher, _pairs, _options.KlTopK, 1, default);
    }

    public static void Serve(string path)
    {
        using Worker worker = new(Job.Read(path));
        Answer(new JsonObject { ["ready"] = true });
        while (Console.ReadLine() is { } line)
        {
            JsonNode command = JsonNode.Parse(line)!;
            int batch = (int?)command["batch"] ?? 0;
            Answer((string?)command["do"] switch
            {
                "step" => worker.Step(batch),
                "check" => worker.Check(batch),
                "matmul" => worker.Limit(batch),
                "leak" => worker.Leak(),
                "optimizer" => worker.Optimizer(),
                _ => new JsonObject { ["peak"] = PeakMemory.Bytes() },
            });
        }
    }

    public void Dispose()
    {
        _heap.Dispose();
        _optimizer.Dispose();
        _model.Dispose();
        _teacher.Dispose();
    }

    private static void Answer(JsonObject message)
    {
        Console.Out.WriteLine(message.ToJsonString());
        Console.Out.Flush();
    }

    private PreferenceBatch Batch(int batch)
    {
        int size = _job.Batches[batch].Length;
        return _job.IsLanguageModel ? PreferenceBatch.OfTexts([.. _job.Batches[batch].Select(pair => pair.Chosen)], [.. Enumerable.Range(0, size)]) : PreferenceBatch.Create(_pairs, [.. Enumerable.Range(batch * size, size)], _options.IsGenerative);
    }

    public JsonObject Step(int index)
    {
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        PreferenceBatch batch = Batch(index);
        TrainingStep step = TrainingStep.Take(_model, _optimizer, [batch], _options, _distributions, _options.LearningRate, _ => { });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new JsonObject
        {
            ["seconds"] = seconds,
            ["cpu"] = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
            ["rank"] = step.Rank,
            ["sft"] = step.Sft,
            ["kl"] = step.Kl,
            ["flops"] = Operations.Count(_job.Config, batch, Tree(batch)),
            ["tokens"] = step.Tokens,
        };
    }

    private JsonObject Limit(int index)
    {
        PreferenceBatch batch = Batch(index);
        return Matmul.Measure(_job.Config, Tree(batch).Rows, batch.LabelRows.Length);
    }

    /// <summary>The optimizer's step alone, with the gradients of the last batch.</summary>
    private JsonObject Optimizer()
    {
        double best = double.MaxValue;
        for (int i = 0; i < 7; i++)
        {
            long start = Stopwatch.GetTimestamp();
            _optimizer.Step(1e-9, _options.GradientClip);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return new JsonObject { ["seconds"] = best };
    }

    /// <summary>Live tensors and resident memory after 50 and after 500 steps over all batches in turn.</summary>
    private JsonObject Leak()
    {
        JsonObject result = [];
        for (int step = 1; step <= 500; step++)
        {
            Step(step % _job.Batches.Count);
            if (step is 50 or 500)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                result[$"tensors{step}"] = Tensor.TotalCount;
                result[$"resident{step}"] = PeakMemory.Now();
            }
        }

        return result;
    }

    private PrefixTree Tree(PreferenceBatch batch)
        => PrefixTree.Build(batch.Sequences, _model.Network.SmallestSaving(_job.Config.MaxLength) ?? long.MaxValue);

    /// <summary>The losses before any update, with the teacher's whole distributions.</summary>
    private JsonObject Check(int index)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = no_grad();
        PreferenceBatch batch = Batch(index);
        TopKDistributions whole = TopKDistributions.Compute(_teacher, _pairs, _job.Config.Vocabulary, 1, default);
        RewardLossTerms terms = RewardLossTerms.Compute(_model, RewardModelOutput.Compute(_model, batch), batch, _options, whole);
        return new JsonObject { ["rank"] = terms.Rank!.item<float>(), ["sft"] = terms.Language!.Sft.item<float>(), ["kl"] = terms.Language.Kl.item<float>() };
    }
}
