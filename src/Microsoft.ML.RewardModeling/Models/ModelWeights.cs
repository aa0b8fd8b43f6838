using System.Runtime.InteropServices;
using Microsoft.ML.RewardModeling.Models.Heads;
using Microsoft.ML.RewardModeling.Models.Plans;
using Microsoft.ML.RewardModeling.Models.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>Fills the parameters of a model from a directory or from a random generator.</summary>
internal static class ModelWeights
{
    /// <summary>What a directory holds. A directory without a reward head gets a fresh one from the seed.</summary>
    /// <exception cref="RewardModelingException">Tensors are missing, extra or misshapen: all of them are named at once.</exception>
    public static LoadedWeights Load(string directory, BackboneConfig config, DecoderPlan plan, RewardModelLoadOptions options, Device device)
    {
        WeightsDirectory weights = WeightsDirectory.Open(directory);
        ParameterStore? parameters = null;
        try
        {
            StoredModel stored = StoredModel.Match(weights, config, plan, options.Head);
            using Generator generator = NewGenerator(options.Seed);
            bool asStored = options.Precision == WeightPrecision.AsStored;
            parameters = new ParameterStore(trainable: !asStored);
            Fill(parameters, stored.Shapes, device, (name, shape) =>
                HeadPlan.Owns(name)
                    ? stored.HasHead ? Copy(stored.ReadSingles(name), shape) : Random(name, shape, config, plan, generator)
                    : asStored && shape.Length > 1 ? Keep(parameters, name, stored.Find(name)!, shape) : Read(stored.Find(name)!, shape));
            if (asStored)
            {
                parameters.Own(weights);
            }
            else
            {
                weights.Dispose();
            }

            return new LoadedWeights(parameters, stored.Head, stored.HasHead);
        }
        catch
        {
            parameters?.Dispose();
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Whether a directory has a reward head, by its configuration or its tensors; reads headers only.</summary>
    public static bool HasRewardHead(string directory, BackboneConfig config)
    {
        if (config.IsRewardArchitecture)
        {
            return true;
        }

        using WeightsDirectory weights = WeightsDirectory.Open(directory);
        return StoredTensors.Find(weights).Head is not null;
    }

    /// <summary>Random weights: normal with the configured deviation, norms without effect, biases zero.</summary>
    public static ParameterStore Create(BackboneConfig config, DecoderPlan plan, HeadPlan head, int seed, Device device)
    {
        using Generator generator = NewGenerator(seed);
        ParameterStore parameters = new();
        try
        {
            Fill(parameters, DecoderTensors.Shapes(plan, languageHead: true, head), device, (name, shape) => Random(name, shape, config, plan, generator));
            return parameters;
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Calls back with consecutive parts of a CPU tensor: a span cannot hold more than 2 GB. Parts of a float32 tensor are
    /// its own memory; others are widened copies.
    /// </summary>
    public static void VisitParts(Tensor tensor, SpanVisitor visit)
    {
        const long Part = 1 << 24;
        using Tensor flat = tensor.detach().reshape(-1);
        for (long start = 0; start < flat.shape[0]; start += Part)
        {
            using Tensor part = flat.narrow(0, start, Math.Min(Part, flat.shape[0] - start));
            using Tensor? widened = part.dtype == ScalarType.Float32 ? null : part.to(ScalarType.Float32);
            visit(start, MemoryMarshal.Cast<byte, float>((widened ?? part).bytes));
        }
    }

    public delegate void SpanVisitor(long start, Span<float> values);

    private static void Fill(ParameterStore parameters, OrderedDictionary<string, long[]> shapes, Device device, Func<string, long[], Tensor> create)
    {
        foreach ((string name, long[] shape) in shapes)
        {
            using DisposeScope scope = NewDisposeScope();
            parameters.Add(name, create(name, shape).to(device));
        }
    }

    private static Tensor Keep(ParameterStore parameters, string name, SafetensorsTensor source, long[] shape)
    {
        Tensor tensor = StoredTypes.Keep(source, shape, out bool mapped);
        if (mapped && tensor.dtype != ScalarType.Float32)
        {
            parameters.SetPages(name, new MappedPages(source));
        }

        return tensor;
    }

    /// <summary>
    /// In memory that torch allocated: matrix products may differ in the last bit by the alignment of their operands, and an
    /// array of .NET lies anywhere.
    /// </summary>
    private static Tensor Copy(float[] values, long[] shape)
    {
        Tensor tensor = empty(shape, ScalarType.Float32, CPU);
        VisitParts(tensor, (start, part) => values.AsSpan((int)start, part.Length).CopyTo(part));
        return tensor;
    }

    private static Tensor Read(SafetensorsTensor source, long[] shape)
    {
        Tensor tensor = empty(shape, ScalarType.Float32, CPU);
        VisitParts(tensor, (start, values) => source.ReadSingles(start, values));
        return tensor;
    }

    private static Tensor Random(string name, long[] shape, BackboneConfig config, DecoderPlan plan, Generator generator)
    {
        if (shape.Length == 1)
        {
            // A norm starts by changing nothing, whatever the family adds to its weight.
            return full(shape, name.EndsWith(".bias", StringComparison.Ordinal) ? 0 : 1 - plan.NormOffset, ScalarType.Float32);
        }

        return empty(shape, ScalarType.Float32, CPU).normal_(0, config.InitializerRange, generator);
    }

    private static Generator NewGenerator(int seed) => new((ulong)(uint)seed, CPU);
}
