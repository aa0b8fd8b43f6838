using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Layers;
using Microsoft.ML.RewardModeling.Native;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>
/// Trains a model: one visible loop over small parts. On a CPU the same model, data and options give the same weights to the
/// bit, also when the run is interrupted and resumed.
/// </summary>
internal static class TrainingRun
{
    /// <summary>Trains a reward model in place.</summary>
    /// <param name="model">The model; its weights change.</param>
    /// <param name="train">Pairs to learn from. Those that are equal after tokenization are left out and counted.</param>
    /// <param name="validation">Pairs to measure on; may be empty.</param>
    /// <param name="options">Everything else.</param>
    /// <param name="progress">Called after every step, on this thread.</param>
    /// <param name="teacher">The frozen backbone of the divergence; null takes the model as it is before the first step.</param>
    /// <param name="source">Distributions that were computed before; null computes them now.</param>
    /// <param name="note">Told what the user should know, such as a damaged checkpoint that was passed over.</param>
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
        Action<string>? note = null,
        TeacherSource? source = null,
        CancellationToken cancellationToken = default)
    {
        options.Validate();
        PairSelection selection = PairSelection.From(train);
        TrainingChecks.Check(model, selection.Pairs, validation, options, teacher);

        // From the untouched backbone, before a checkpoint replaces its weights.
        ITeacherDistributions? distributions = options.KlWeight == 0 ? null
            : source is not null ? source.For(selection.Pairs, options.KlTemperature)
            : TopKDistributions.Compute(teacher ?? model, selection.Pairs, options.KlTopK, options.KlTemperature, cancellationToken);
        PairTrainingData data = new(selection.Pairs, validation, options);
        JsonObject fingerprint = TrainingChecks.Fingerprint(model, teacher, data.Hash, options);
        fingerprint["teacher_logits_sha256"] = options.KlWeight == 0 ? null : source?.Sha256;
        TrainingSummary summary = Loop(model, data, options, distributions, fingerprint, progress, note, cancellationToken);
        return summary with { EqualPairs = selection.Equal, TruncatedPairs = selection.Truncated };
    }

    /// <summary>Trains the language model of a model in place, on blocks of text.</summary>
    /// <param name="model">The model; its weights change, all but the reward head.</param>
    /// <param name="blocks">Ids of each block; every token but the first is predicted.</param>
    /// <param name="validation">Blocks to measure on; may be empty.</param>
    /// <param name="options">Everything else; objective and weights have no meaning here.</param>
    /// <param name="progress">Called after every step, on this thread.</param>
    /// <param name="note">Told what the user should know.</param>
    /// <param name="cancellationToken">Stops between steps, after writing a checkpoint where there is a folder for them.</param>
    public static TrainingSummary RunOnTexts(
        RewardModel model,
        IReadOnlyList<int[]> blocks,
        IReadOnlyList<int[]> validation,
        TrainingOptions options,
        IProgress<StepMetrics>? progress = null,
        Action<string>? note = null,
        CancellationToken cancellationToken = default)
    {
        options = options with { SftWeight = 1, KlWeight = 0, CenterWeight = 0, TrainsReward = false };
        options.Validate();
        TrainingChecks.CheckTexts(model, blocks, validation);
        TextTrainingData data = new(blocks, validation);
        JsonObject fingerprint = TrainingChecks.Fingerprint(model, null, data.Hash, options);
        fingerprint["objective"] = "causal-lm";
        return Loop(model, data, options, null, fingerprint, progress, note, cancellationToken);
    }

    private static TrainingSummary Loop(
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
        using AdamW optimizer = new(parameters, options.WeightDecay);
        using NativeHeap heap = new();
        using BestWeights best = new(parameters, options);
        using RunLock? mark = options.CheckpointDirectory is { } folder ? RunLock.Take(folder) : null;
        List<StepMetrics> curve = [.. Restore(parameters, optimizer, options, fingerprint, note)];
        using StreamWriter? file = MetricsFile.Open(options.MetricsPath, curve);
        TensorBoardLog? board = TensorBoardLog.Open(options.TensorBoardDirectory, curve);
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
            TrainingStep taken = TakeNamed(model, optimizer, batches, options, teacher, learningRate, step, trainable.Draw);
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
            file?.WriteLine(MetricsFile.Line(curve[^1]));
            board?.Write(curve[^1]);
            progress?.Report(curve[^1]);
            ThrowIfExploding(curve, batches, options);
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

        measured ??= data.ValidationCount > 0 ? data.Measure(model, cancellationToken) : null;
        trainable.Finish(options);
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

    private static IReadOnlyList<StepMetrics> Restore(ParameterStore parameters, AdamW optimizer, TrainingOptions options, JsonObject fingerprint, Action<string>? note)
    {
        if (options.CheckpointDirectory is not { } directory)
        {
            return [];
        }

        Checkpoint.Clear(directory, keepComplete: options.Resume);
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

    private static TrainingStep TakeNamed(
        RewardModel model,
        AdamW optimizer,
        PreferenceBatch[] batches,
        TrainingOptions options,
        ITeacherDistributions? teacher,
        double learningRate,
        int step,
        DropoutDraw draw)
    {
        try
        {
            return TrainingStep.Take(model, optimizer, batches, options, teacher, learningRate, batch => draw.MoveTo(step, batch));
        }
        catch (RewardModelingException error)
        {
            throw new RewardModelingException($"Training stopped at step {step + 1}. {error.Message}{LastGood(options, int.MaxValue)}", error);
        }
        finally
        {
            draw.Stop();
        }
    }

    private static void ThrowIfExploding(List<StepMetrics> curve, PreferenceBatch[] batches, TrainingOptions options)
    {
        if (LossExplosion.Shows(curve))
        {
            int step = curve[^1].Step;
            throw new RewardModelingException(FormattableString.Invariant(
                $"Training stopped at step {step}. The mean loss of the last {LossExplosion.Window} steps is {curve.TakeLast(LossExplosion.Window).Average(m => m.Loss):G4}, more than 20 times that of the first ones; the last batch holds {string.Join(", ", batches.SelectMany(batch => batch.PairIds))}. Lower the learning rate.")
                + LastGood(options, step - LossExplosion.Window));
        }
    }

    /// <summary>Names the newest checkpoint up to a step.</summary>
    private static string LastGood(TrainingOptions options, int step)
        => options.CheckpointDirectory is { } directory
            && Checkpoint.All(directory).FirstOrDefault(path => step == int.MaxValue || string.CompareOrdinal(path, Checkpoint.Of(directory, step)) <= 0) is { } checkpoint
            ? $" The last good checkpoint is {checkpoint}."
            : "";
}
