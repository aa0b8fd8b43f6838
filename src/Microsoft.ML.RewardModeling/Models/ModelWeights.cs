using System.Runtime.InteropServices;
using Microsoft.ML.RewardModeling.Models.Plans;
using Microsoft.ML.RewardModeling.Models.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>Fills the parameters of a model from a directory or from a random generator.</summary>
internal static class ModelWeights
{
    /// <summary>Reads every tensor in float32; a directory without <c>score.weight</c> gets a fresh head from the seed.</summary>
    /// <exception cref="RewardModelingException">Tensors are missing, extra or misshapen: all of them are named at once.</exception>
    public static ParameterStore Load(string directory, BackboneConfig config, DecoderPlan plan, int seed, Device device)
    {
        using WeightsDirectory weights = WeightsDirectory.Open(directory);
        bool languageHead = !config.TieWordEmbeddings && (!config.IsSequenceClassifier || weights.TryGet(DecoderTensors.LanguageHeadName, out _));
        OrderedDictionary<string, long[]> wanted = DecoderTensors.Shapes(plan, languageHead);
        OrderedDictionary<string, long[]> stored = new(wanted, StringComparer.Ordinal);
        string embedding = EmbeddingSource(config, weights);
        if (embedding != DecoderTensors.EmbeddingName)
        {
            stored.Remove(DecoderTensors.EmbeddingName);
            stored.Add(embedding, wanted[DecoderTensors.EmbeddingName]);
        }

        bool freshHead = !config.IsSequenceClassifier && !weights.TryGet(DecoderTensors.ScoreName, out _);
        if (freshHead)
        {
            stored.Remove(DecoderTensors.ScoreName);
        }

        weights.RequireExactly(stored, name => IsIgnorable(name, config));
        using Generator generator = NewGenerator(seed);
        return Fill(wanted, device, (name, shape) => freshHead && name == DecoderTensors.ScoreName
            ? Random(name, shape, config, plan, generator)
            : Read(weights.Tensors[name == DecoderTensors.EmbeddingName ? embedding : name], shape));
    }

    /// <summary>Random weights: normal with the configured deviation, norms without effect, biases zero.</summary>
    public static ParameterStore Create(BackboneConfig config, DecoderPlan plan, int seed, Device device)
    {
        using Generator generator = NewGenerator(seed);
        return Fill(DecoderTensors.Shapes(plan, languageHead: true), device, (name, shape) => Random(name, shape, config, plan, generator));
    }

    /// <summary>Calls back with consecutive parts of a contiguous float32 CPU tensor: a span cannot hold more than 2 GB.</summary>
    public static void VisitParts(Tensor tensor, SpanVisitor visit)
    {
        const long Part = 1 << 26;
        using Tensor flat = tensor.detach().reshape(-1);
        for (long start = 0; start < flat.shape[0]; start += Part)
        {
            using Tensor part = flat.narrow(0, start, Math.Min(Part, flat.shape[0] - start));
            visit(start, MemoryMarshal.Cast<byte, float>(part.bytes));
        }
    }

    public delegate void SpanVisitor(long start, Span<float> values);

    /// <summary>Tied embeddings may be stored under either name.</summary>
    private static string EmbeddingSource(BackboneConfig config, WeightsDirectory weights)
        => config.TieWordEmbeddings && !weights.TryGet(DecoderTensors.EmbeddingName, out _) && weights.TryGet(DecoderTensors.LanguageHeadName, out _)
            ? DecoderTensors.LanguageHeadName
            : DecoderTensors.EmbeddingName;

    /// <summary>Buffers of old checkpoints, and a stored copy of a head that is tied to the embedding.</summary>
    private static bool IsIgnorable(string name, BackboneConfig config)
        => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
            || (config.TieWordEmbeddings && name is DecoderTensors.LanguageHeadName);

    private static ParameterStore Fill(OrderedDictionary<string, long[]> shapes, Device device, Func<string, long[], Tensor> create)
    {
        ParameterStore parameters = new();
        try
        {
            foreach ((string name, long[] shape) in shapes)
            {
                using DisposeScope scope = NewDisposeScope();
                parameters.Add(name, create(name, shape).to(device));
            }

            return parameters;
        }
        catch
        {
            parameters.Dispose();
            throw;
        }
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
