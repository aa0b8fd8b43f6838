using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Native;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>One visible loop over small parts, for rewards and language models alike.</summary>
internal static class TrainingLoop
{
    /// <summary>Trains a model in place.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">What it learns from and is measured on.</param>
    /// <param name="options">Everything else.</param>
    /// <param name="teacher">The teacher's distributions; null without a divergence.</param>
    /// <param name="fingerprint">What a resumed run must have in common.</param>
    /// <param name="progress">Called after every step, on this thread.</param>
    /// <param name="note">Told what the user should know.</param>
    /// <param name="cancellationToken">Stops between steps, after writing a checkpoint where there is a folder for them.</param>
    public static TrainingSummary Run(
        RewardModel model,
        ITrainingData data,
        TrainingOptions options,
        ITeacherDistributions? teacher,
        JsonObject fingerprint,
        IProgress<StepMetrics>? progress,
        Action<string>? note,
        CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        long estimate = MemoryEstimate.ThrowUnlessItFits(model, data.Lengths, options);
        double? perplexityBefore = data.Perplexity(model, cancellationToken);
        using TrainableParameters trainable = TrainableParameters.Of(model, options);
        ParameterStore parameters = trainable.Store;
        using AdamW optimizer = new(parameters, options.WeightDecay, options.OptimizerState, trainable.Masters, options.Seed);
        using NativeHeap heap = new(options.GradientCheckpointing);
        using BestWeights best = new(parameters, optimizer, options);
        using RunLock? mark = options.CheckpointDirectory is { } folder ? RunLock.Take(folder) : null;
        List<StepMetrics> curve = [.. Restore(parameters, optimizer, options, fingerprint, mark, note)];
        using TrainingOutputs outputs = TrainingOutputs.Open(options, curve, progress);
        int itemsPerStep = options.BatchSize * options.GradientAccumulation;
        int stepsPerEpoch = (data.Lengths.Count + itemsPerStep - 1) / itemsPerStep;
        int planned = stepsPerEpoch * options.Epochs;
        int stop = Math.Min(planned, options.MaxSteps ?? planned);
        int resumed = optimizer.Steps, trained = 0;
        RewardValidation? measured = null;
        int[][] order = [];
        for (int step = resumed; step < stop && !IsExhausted(curve, options); step++)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                Save(parameters, optimizer, options, fingerprint, curve);
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (step == resumed || step % stepsPerEpoch == 0)
            {
                order = EpochOrder.Batches(data.Lengths, itemsPerStep, options.Seed, step / stepsPerEpoch, options.LengthWindow);
            }

            long stepStarted = Stopwatch.GetTimestamp();
            double learningRate = LearningRates.At(options.Schedule, step, planned, options.WarmupRatio, options.DecayRatio, options.LearningRate);
            PreferenceBatch[] batches = [.. Passes.Cut(order[step % stepsPerEpoch], data.Lengths, options.BatchSize, options.TokenBudget).Select(indices => data.Batch(indices))];
            TrainingStep taken = TrainingFailure.Named(
                options, trainable.Draw, step, draw => TrainingStep.Take(model, optimizer, batches, options, teacher, learningRate, batch => draw.MoveTo(step, batch)));
            trained += taken.Items;
            double seconds = Stopwatch.GetElapsedTime(stepStarted).TotalSeconds;

            bool epochEnds = (step + 1) % stepsPerEpoch == 0, isLast = step + 1 == stop;
            bool validates = data.ValidationCount > 0 && (epochEnds || isLast || IsDue(options.ValidationEverySteps, step));
            measured = validates ? Measure(data, model, cancellationToken) : null;
            TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
            curve.Add(new StepMetrics
            {
                Step = step + 1,
                TotalSteps = stop,
                Epoch = (step + 1.0) / stepsPerEpoch,
                Loss = taken.Loss,
                RankLoss = taken.Rank,
                CenterLoss = taken.Center,
                SftLoss = taken.Sft,
                KlLoss = taken.Kl,
                Accuracy = taken.Accuracy,
                RewardMargin = taken.Margin,
                LearningRate = learningRate,
                GradientNorm = taken.GradientNorm,
                PairsPerSecond = taken.Items / seconds,
                TokensPerSecond = taken.Tokens / seconds,
                Elapsed = elapsed,
                Remaining = elapsed * ((double)(stop - step - 1) / (step + 1 - resumed)),
                ValidationAccuracy = measured?.Accuracy,
                ValidationLoss = measured?.Loss,
                ValidationPerplexity = measured?.Perplexity,
                MemoryBytes = PeakMemory.Now(),
            });
            outputs.Write(curve[^1]);
            TrainingFailure.ThrowIfExploding(curve, batches, options);
            bool isBest = validates && BestValidation.Of(curve)?.Step == step + 1;
            if (isBest)
            {
                best.Remember();
            }

            if (epochEnds || isLast || isBest || IsDue(options.CheckpointEverySteps, step))
            {
                Save(parameters, optimizer, options, fingerprint, curve);
            }
        }

        // A run that was already complete, or was cancelled in its last validation, still owes the measurement.
        cancellationToken.ThrowIfCancellationRequested();
        Save(parameters, optimizer, options, fingerprint, curve);
        BestValidation? found = BestValidation.Of(curve);
        if (options.KeepBest && found is { Since: > 0 })
        {
            best.Restore(found.Value.Step);
            measured = null;
        }

        // Where the model is given with wider weights than it was trained with, it is measured with them too.
        bool widens = trainable.Masters is not null;
        measured = data.ValidationCount == 0 || widens ? null : measured ?? data.Measure(model, cancellationToken);
        trainable.Finish(options);
        measured = data.ValidationCount > 0 && widens ? data.Measure(model, cancellationToken) : measured;
        mark?.Finish();
        StepMetrics[] lastEpoch = [.. curve.Skip(Math.Max(0, (curve.Count - 1) / stepsPerEpoch * stepsPerEpoch))];
        TimeSpan total = Stopwatch.GetElapsedTime(started);
        return new TrainingSummary
        {
            Steps = optimizer.Steps,
            Pairs = data.Lengths.Count,
            ValidationPairs = data.ValidationCount,
            EqualPairs = 0,
            TruncatedPairs = 0,
            Loss = lastEpoch.Average(step => step.Loss),
            RankLoss = lastEpoch.Average(step => step.RankLoss),
            SftLoss = lastEpoch.Average(step => step.SftLoss),
            KlLoss = lastEpoch.Average(step => step.KlLoss),
            TrainingAccuracy = lastEpoch.Average(step => step.Accuracy),
            ValidationAccuracy = measured?.Accuracy,
            ValidationLoss = measured?.Loss,
            PerplexityBefore = perplexityBefore,
            PerplexityAfter = measured?.Perplexity,
            BestStep = found?.Step,
            StoppedEarly = optimizer.Steps < stop,
            Curve = curve,
            PairsPerSecond = trained / Math.Max(total.TotalSeconds, 1e-9),
            PeakMemoryBytes = PeakMemory.Bytes(),
            EstimatedMemoryBytes = estimate,
            DataSha256 = data.Hash,
            Elapsed = total,
        };
    }

    private static bool IsDue(int? every, int step) => every is { } steps && (step + 1) % steps == 0;

    private static bool IsExhausted(List<StepMetrics> curve, TrainingOptions options)
        => options.EarlyStoppingPatience is { } patience && BestValidation.Of(curve)?.Since >= patience;

    private static IReadOnlyList<StepMetrics> Restore(
        ParameterStore parameters, AdamW optimizer, TrainingOptions options, JsonObject fingerprint, RunLock? mark, Action<string>? note)
    {
        if (options.CheckpointDirectory is not { } directory)
        {
            return [];
        }

        if (!options.Resume)
        {
            CheckpointFolder.ThrowIfLost(directory, mark?.FoundUnfinished == true);
        }

        CheckpointFolder.Clear(directory, keepComplete: options.Resume);
        (IReadOnlyList<StepMetrics> curve, IReadOnlyList<string> damaged) = Checkpoint.LoadNewest(directory, parameters, optimizer, fingerprint);
        foreach (string reason in damaged)
        {
            note?.Invoke($"{reason} The run goes on from step {optimizer.Steps}.");
        }

        return curve;
    }

    private static void Save(ParameterStore parameters, AdamW optimizer, TrainingOptions options, JsonObject fingerprint, List<StepMetrics> curve)
    {
        if (options.CheckpointDirectory is { } directory)
        {
            Checkpoint.Save(directory, parameters, optimizer, fingerprint, curve, options.CheckpointsKept);
        }
    }

    /// <summary>A cancelled validation leaves the step as it is; the loop notices the cancellation next.</summary>
    private static RewardValidation? Measure(ITrainingData data, RewardModel model, CancellationToken cancellationToken)
    {
        try
        {
            return data.Measure(model, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
