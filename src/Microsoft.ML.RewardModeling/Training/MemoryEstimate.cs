using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Losses;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Heads;
using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>
/// What a run will need at its largest batch, from sizes alone. Counted are weights, gradients, AdamW's two moments (and masters of narrow weights),
/// what the layers keep for their gradients, and the logits of a chunk; the constants were fitted to measured runs.
/// </summary>
/// <param name="Weights">Bytes of the weights.</param>
/// <param name="Training">Bytes of gradients and moments of what is trained.</param>
/// <param name="Activations">Bytes that the largest batch keeps for its gradients.</param>
/// <param name="Logits">Bytes of a chunk of logits and of the head's gradient.</param>
internal sealed record MemoryEstimate(long Weights, long Training, long Activations, long Logits)
{
    /// <summary>Runtime, libraries and what the allocator holds on to.</summary>
    private const long Base = 290L << 20;

    /// <summary>What the allocator and the operating system hold beyond the tensors of a pass that are alive.</summary>
    private const double Slack = 1.15;

    /// <summary>All of it.</summary>
    public long Total => Base + Weights + Training + Activations + Logits;

    /// <summary>Estimates a run.</summary>
    /// <param name="plan">The network.</param>
    /// <param name="parameters">All weights.</param>
    /// <param name="trainable">How many of them are trained.</param>
    /// <param name="lengths">Tokens of every item.</param>
    /// <param name="options">Batch size and what saves memory.</param>
    public static MemoryEstimate Of(DecoderPlan plan, long parameters, long trainable, IReadOnlyList<int> lengths, TrainingOptions options)
    {
        long tokens = LargestPass(lengths, options);
        long attention = (long)plan.HeadDim * (plan.Heads + plan.KeyValueHeads);

        // The residual stream and the norms of both halves, queries, keys, values and their mix, the gated MLP's rows.
        long perLayer = (5L * plan.Hidden) + (2 * attention) + (4L * plan.Inner);

        // Adapted projections cannot be joined into one product, which keeps their results apart.
        perLayer += options.Lora is null ? 0 : attention + (2L * plan.Inner);

        // A layer more: the gradients on the way back through one.
        long layers = options.GradientCheckpointing ? (plan.Layers.Count * (long)plan.Hidden) + (2 * perLayer) : (plan.Layers.Count + 1) * perLayer;
        bool hasLogits = options.IsGenerative;
        bool learnsHead = options.Lora is null && !(plan.TiedHead && options.FreezeEmbeddings);
        long logits = !hasLogits ? 0
            : (3L * ChunkedLanguageLoss.DefaultChunk * plan.Vocabulary) + (2 * tokens * plan.Hidden) + (learnsHead ? (long)plan.Vocabulary * plan.Hidden : 0);
        const int Single = sizeof(float);

        // With narrow weights, gradients are as narrow, and what is trained has a float32 master.
        bool isHalf = options.Weights == StoragePrecision.BFloat16;
        int moments = options.OptimizerState == StoragePrecision.BFloat16 ? Single : 2 * Single;
        int perTrained = moments + (isHalf && options.Lora is null ? (Single / 2) + Single : Single);
        return new MemoryEstimate(
            parameters * (isHalf ? Single / 2 : Single), trainable * perTrained, (long)(Slack * tokens * (layers + (4L * plan.Hidden)) * Single), logits * Single);
    }

    /// <summary>Throws where a run is estimated to need more than it may take.</summary>
    /// <returns>What it is estimated to need, in bytes.</returns>
    /// <exception cref="RewardModelingException">It does; the message says what takes how much and what to do.</exception>
    public static long ThrowUnlessItFits(RewardModel model, IReadOnlyList<int> lengths, TrainingOptions options)
    {
        MemoryEstimate estimate = Of(model.Plan, model.ParameterCount, Trainable(model, options), lengths, options);
        if (options.MemoryLimitBytes is not { } limit || estimate.Total <= limit)
        {
            return estimate.Total;
        }

        static string Gigabytes(long bytes) => FormattableString.Invariant($"{bytes / 1e9:0.0} GB");
        string[] advice =
        [
            .. options.BatchSize > 1 ? ["a smaller batch with more accumulation"] : (string[])[],
            .. options.GradientCheckpointing ? [] : (string[])["gradient checkpointing"],
            .. options.Lora is null ? ["LoRA"] : (string[])[],
            .. options.Lora is null && options.OptimizerState == StoragePrecision.Float32 ? ["bfloat16 moments"] : (string[])[],
            "a smaller maximum length",
        ];
        throw new RewardModelingException(
            $"Training needs about {Gigabytes(estimate.Total)} (weights {Gigabytes(estimate.Weights)}, gradients and moments {Gigabytes(estimate.Training)}, "
            + $"activations of the largest batch {Gigabytes(estimate.Activations)}, logits {Gigabytes(estimate.Logits)}), but only {Gigabytes(Math.Max(0, limit))} can be had. "
            + $"Use {string.Join(", ", advice)}; or switch this check off, if you know better.");
    }

    /// <summary>Tokens of the largest pass that the run will take: its order is known beforehand. Shared prefixes count as if they were not.</summary>
    private static long LargestPass(IReadOnlyList<int> lengths, TrainingOptions options)
    {
        int itemsPerStep = options.BatchSize * options.GradientAccumulation;
        int stepsPerEpoch = (lengths.Count + itemsPerStep - 1) / itemsPerStep;
        int steps = Math.Min(stepsPerEpoch * options.Epochs, options.MaxSteps ?? int.MaxValue);
        return Enumerable.Range(0, (steps + stepsPerEpoch - 1) / stepsPerEpoch)
            .SelectMany(epoch => EpochOrder.Batches(lengths, itemsPerStep, options.Seed, epoch, options.LengthWindow)
                .Take(steps - (epoch * stepsPerEpoch)))
            .SelectMany(step => Passes.Cut(step, lengths, options.BatchSize, options.TokenBudget))
            .Max(pass => pass.Sum(item => (long)lengths[item]));
    }

    private static long Trainable(RewardModel model, TrainingOptions options)
    {
        if (options.Lora is { } lora)
        {
            return model.Network.Projections.Where(item => lora.Targets.Count == 0 || lora.Targets.Contains(item.Key.Split('.')[^1]))
                .Sum(item => lora.Rank * (item.Value.Weight.shape[0] + item.Value.Weight.shape[1]))
                + model.Parameters.Items.Where(item => HeadPlan.Owns(item.Key)).Sum(item => item.Value.numel());
        }

        return model.ParameterCount - (options.FreezeEmbeddings ? model.Parameters[DecoderTensors.EmbeddingName].numel() : 0);
    }
}
