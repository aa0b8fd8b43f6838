using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>
/// Trains a reward model: one visible loop over small parts. On a CPU the same model, data and options give the same weights
/// to the bit, also when the run is interrupted and resumed.
/// </summary>
internal static class TrainingRun
{
    /// <summary>Trains a model in place.</summary>
    /// <param name="model">The model; its weights change.</param>
    /// <param name="train">Pairs to learn from. Those that are equal after tokenization are left out and counted.</param>
    /// <param name="validation">Pairs to measure on; may be empty.</param>
    /// <param name="options">Everything else.</param>
    /// <param name="progress">Called after every step, on this thread.</param>
    /// <param name="teacher">The frozen backbone of the divergence; null takes the model as it is before the first step.</param>
    /// <param name="cancellationToken">Stops between steps, after writing a checkpoint where there is a folder for them.</param>
    /// <exception cref="ArgumentException">Options out of range, or ids outside the vocabulary.</exception>
    /// <exception cref="RewardModelingException">Pairs lack what the objective needs, the loss diverged (the pairs are named), or files cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static TrainingSummary Run(
        RewardModel model,
        IReadOnlyList<TokenizedPair> train,
        IReadOnlyList<TokenizedPair> validation,
        TrainingOptions options,
        IProgress<StepMetrics>? progress = null,
        RewardModel? teacher = null,
        CancellationToken cancellationToken = default)
    {
        options.Validate();
        PairSelection selection = PairSelection.From(train);
        IReadOnlyList<TokenizedPair> pairs = selection.Pairs;
        TrainingChecks.Check(model, pairs, validation, options, teacher);
        long started = Stopwatch.GetTimestamp();

        // From the untouched backbone, before a checkpoint replaces its weights.
        TopKDistributions? distributions = options.KlWeight > 0
            ? TopKDistributions.Compute(teacher ?? model, pairs, options.KlTopK, options.KlTemperature, cancellationToken)
            : null;
        using AdamW optimizer = new(model.Parameters, options.WeightDecay);
        string dataHash = PairSelection.Hash(pairs);
        JsonObject fingerprint = TrainingChecks.Fingerprint(model, teacher, dataHash, options);
        List<StepMetrics> curve = [];
        if (options.CheckpointDirectory is { } checkpoints)
        {
            Checkpoint.Clear(checkpoints, keepComplete: options.Resume);
            curve.AddRange(Checkpoint.Newest(checkpoints) is { } newest ? Checkpoint.Load(newest, model.Parameters, optimizer, fingerprint) : []);
        }

        using StreamWriter? file = MetricsFile.Open(options.MetricsPath, curve);
        int[] lengths = [.. pairs.Select(pair => pair.Chosen.Ids.Length + pair.Rejected.Ids.Length + (options.IsGenerative ? pair.Teacher?.Ids.Length ?? 0 : 0))];
        int pairsPerStep = options.BatchSize * options.GradientAccumulation;
        int stepsPerEpoch = (pairs.Count + pairsPerStep - 1) / pairsPerStep;
        int planned = stepsPerEpoch * options.Epochs;
        int stop = Math.Min(planned, options.MaxSteps ?? planned);
        int resumed = optimizer.Steps;
        RewardValidation? measured = null;
        int[][] order = [];
        int trainedPairs = 0;
        for (int step = resumed; step < stop; step++)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                Save(model, optimizer, options, fingerprint, curve);
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (step == resumed || step % stepsPerEpoch == 0)
            {
                order = EpochOrder.Batches(lengths, pairsPerStep, options.Seed, step / stepsPerEpoch, options.LengthWindow);
            }

            long stepStarted = Stopwatch.GetTimestamp();
            double learningRate = LearningRateSchedule.At(step, planned, options.WarmupRatio, options.LearningRate);
            PreferenceBatch[] batches = [.. Passes.Cut(order[step % stepsPerEpoch], lengths, options.BatchSize, options.TokenBudget)
                .Select(indices => PreferenceBatch.Create(pairs, indices, options.IsGenerative))];
            TrainingStep taken = TakeNamed(model, optimizer, batches, options, distributions, learningRate, step);
            trainedPairs += taken.Pairs;
            double seconds = Stopwatch.GetElapsedTime(stepStarted).TotalSeconds;

            bool epochEnds = (step + 1) % stepsPerEpoch == 0;
            bool validates = validation.Count > 0 && (epochEnds || step + 1 == stop || IsDue(options.ValidationEverySteps, step));
            measured = validates ? Measure(model, validation, options, cancellationToken) : null;
            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            curve.Add(new StepMetrics
            {
                Step = step + 1,
                TotalSteps = stop,
                Epoch = (step + 1.0) / stepsPerEpoch,
                Loss = taken.Rank + (options.SftWeight * taken.Sft) + (options.KlWeight * taken.Kl),
                RankLoss = taken.Rank,
                SftLoss = taken.Sft,
                KlLoss = taken.Kl,
                Accuracy = taken.Accuracy,
                RewardMargin = taken.Margin,
                LearningRate = learningRate,
                GradientNorm = taken.GradientNorm,
                PairsPerSecond = taken.Pairs / seconds,
                TokensPerSecond = taken.Tokens / seconds,
                Elapsed = elapsed,
                Remaining = elapsed * ((double)(stop - step - 1) / (step + 1 - resumed)),
                ValidationAccuracy = measured?.Accuracy,
                ValidationLoss = measured?.Loss,
            });
            file?.WriteLine(MetricsFile.Line(curve[^1]));
            progress?.Report(curve[^1]);
            if (epochEnds || step + 1 == stop || IsDue(options.CheckpointEverySteps, step))
            {
                Save(model, optimizer, options, fingerprint, curve);
            }
        }

        // A run that was already complete, or was cancelled in its last validation, still owes the measurement.
        cancellationToken.ThrowIfCancellationRequested();
        measured ??= validation.Count > 0 ? RewardValidation.Measure(model, validation, options, cancellationToken) : null;
        StepMetrics[] lastEpoch = [.. curve.Skip(Math.Max(0, (curve.Count - 1) / stepsPerEpoch * stepsPerEpoch))];
        TimeSpan total = Stopwatch.GetElapsedTime(started);
        return new TrainingSummary
        {
            Steps = optimizer.Steps,
            Pairs = pairs.Count,
            ValidationPairs = validation.Count,
            EqualPairs = selection.Equal,
            TruncatedPairs = selection.Truncated,
            Loss = lastEpoch.Average(step => step.Loss),
            RankLoss = lastEpoch.Average(step => step.RankLoss),
            SftLoss = lastEpoch.Average(step => step.SftLoss),
            KlLoss = lastEpoch.Average(step => step.KlLoss),
            TrainingAccuracy = lastEpoch.Average(step => step.Accuracy),
            ValidationAccuracy = measured?.Accuracy,
            ValidationLoss = measured?.Loss,
            Curve = curve,
            PairsPerSecond = trainedPairs / Math.Max(total.TotalSeconds, 1e-9),
            PeakMemoryBytes = PeakMemory.Bytes(),
            DataSha256 = dataHash,
            Elapsed = total,
        };
    }

    private static bool IsDue(int? every, int step) => every is { } steps && (step + 1) % steps == 0;

    private static void Save(RewardModel model, AdamW optimizer, TrainingOptions options, JsonObject fingerprint, List<StepMetrics> curve)
    {
        if (options.CheckpointDirectory is { } directory)
        {
            Checkpoint.Save(directory, model.Parameters, optimizer, fingerprint, curve);
        }
    }

    /// <summary>A cancelled validation leaves the step as it is; the loop notices the cancellation next.</summary>
    private static RewardValidation? Measure(RewardModel model, IReadOnlyList<TokenizedPair> pairs, TrainingOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return RewardValidation.Measure(model, pairs, options, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static TrainingStep TakeNamed(
        RewardModel model,
        AdamW optimizer,
        PreferenceBatch[] batches,
        TrainingOptions options,
        TopKDistributions? distributions,
        double learningRate,
        int step)
    {
        try
        {
            return TrainingStep.Take(model, optimizer, batches, options, distributions, learningRate);
        }
        catch (RewardModelingException error)
        {
            string last = options.CheckpointDirectory is { } directory && Checkpoint.Newest(directory) is { } checkpoint
                ? $" The last checkpoint is {checkpoint}."
                : "";
            throw new RewardModelingException($"Training stopped at step {step + 1}. {error.Message}{last}", error);
        }
    }
}
