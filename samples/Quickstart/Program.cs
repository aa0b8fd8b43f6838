// The whole method on real text, in a few minutes on a laptop: a teacher scores and refines pairs of answers, a small
// reward model is distilled from it, evaluated on prompts it has never seen, exported to ONNX, and scored from the file.
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Scoring;
using Quickstart;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (!QuickstartOptions.TryParse(args, out QuickstartOptions options, out string error))
{
    Console.Error.WriteLine(error);
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) => { pressed.Cancel = true; stop.Cancel(); };

try
{
    Run(options, stop.Token);
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Stopped. Teacher replies are kept in the journal; run again to go on.");
    return 130;
}
catch (Exception failure) when (failure is RewardModelingException or RewardScoringException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine($"error: {failure.Message}");
    return 1;
}

static void Run(QuickstartOptions options, CancellationToken cancel)
{
    var steps = new Steps(total: 6);
    var ml = new MLContext(seed: 42);
    FirstPartyData data = FirstPartyData.Load(options.DataFolder, options.MaxPairs);
    Directory.CreateDirectory(options.OutputFolder);

    // Any IChatClient can be the teacher. This one answers from the repository's data, so that nothing has to be paid for.
    // The journal keeps every reply: a second run makes no call.
    using var teacher = new TeacherClient(
        RecordedTeacher.Load(options.DataFolder),
        new TeacherClientOptions { JournalPath = options.Output("teacher-journal.db"), CancellationToken = cancel });

    steps.Next($"Distilling {data.Train.Count} pairs of answers: the teacher scores both, writes its own, and edits the worse one");
    var distillation = ml.RewardModeling.TeacherScoreMargin(teacher).Append(ml.RewardModeling.TeacherRefinePairs(teacher));
    IDataView unlabelled = ml.RewardModeling.LoadPairs(data.Train);
    SavedPairs distilled = ml.RewardModeling.SavePairs(distillation.Fit(unlabelled).Transform(unlabelled), options.Output("distilled.jsonl"), cancellationToken: cancel);
    Console.WriteLine($"      {distilled.Usable} of {distilled.Rows} pairs usable; {teacher.Progress.Calls} teacher calls, {teacher.Progress.JournalHits} answers from the journal");
    IDataView pairs = ml.RewardModeling.LoadPairs(options.Output("distilled.jsonl"));

    // The same candidates with the teacher's initial scores only: what a plain Bradley-Terry model would be trained on.
    var initialScores = ml.RewardModeling.TeacherScoreMargin(teacher);
    IDataView initialPairs = Distilled("initial.jsonl", data.Train);
    IDataView testPairs = Distilled("test.jsonl", data.Test);

    steps.Next("Training the reward model: margin regression on refined pairs + SFT and KL on the teacher's answers");
    using RewardModelTransformer model = Train("reward-model", pairs, new RewardModelTrainerOptions
    {
        Backbone = options.Backbone,
        Objective = RewardObjective.MarginRegression,
        MarginScale = 0.25f, // margins of several points on the 1-10 scale become rewards of about one
        GenerativeWeight = 0.1f,
    });

    steps.Next("Training the comparison: plain Bradley-Terry on the initial pairs");
    using RewardModelTransformer plain = Train("bradley-terry", initialPairs, new RewardModelTrainerOptions
    {
        Backbone = options.Backbone,
        Objective = RewardObjective.BradleyTerry,
        GenerativeWeight = 0,
    });

    steps.Next($"Evaluating both on {data.Test.Count} pairs whose prompts were in no training set");
    RewardModelMetrics ours = ml.RewardModeling.Evaluate(model.Transform(testPairs));
    RewardModelMetrics theirs = ml.RewardModeling.Evaluate(plain.Transform(testPairs));

    steps.Next("Exporting to ONNX and comparing its rewards with the trained model's");
    ExportManifest manifest = model.SaveOnnx(options.Output("reward-onnx"), cancellationToken: cancel);

    steps.Next("Scoring with the ONNX file alone");
    using var scorer = OnnxRewardScorer.Load(options.Output("reward-onnx"));
    const string Question = "Why does ice float on water?";
    string[] answers =
    [
        "Ice is less dense than liquid water: hydrogen bonds hold its molecules in an open lattice, so it takes up about 9% more space and floats.",
        "Ice floats because freezing squeezes its molecules closer together, which makes it lighter.",
        "I like ice.",
    ];
    float[] scores = scorer.Score(Question, answers, cancel);

    Console.WriteLine();
    Console.WriteLine("Result");
    Console.WriteLine($"  distilled        {distilled.Usable} of {distilled.Rows} pairs, mean edit similarity {distilled.MeanEditSimilarity:F3}, teacher calls {teacher.Progress.Calls}");
    Console.WriteLine("  training curve   (validation prompts, reward model)");
    foreach (IGrouping<int, StepMetrics> epoch in model.Training!.Curve.GroupBy(step => (int)Math.Ceiling(step.Epoch)))
    {
        Console.WriteLine(
            $"    epoch {epoch.Key}  loss {epoch.Average(s => s.Loss):F3}  rank {epoch.Average(s => s.RankLoss):F3}  sft {epoch.Average(s => s.SftLoss):F3}"
            + $"  kl {epoch.Average(s => s.KlLoss):F3}  validation accuracy {epoch.Last().ValidationAccuracy:P0}");
    }

    Console.WriteLine($"  held-out accuracy ({ours.Pairs} pairs, 95 % interval)");
    Console.WriteLine($"    distilled reward model              {Accuracy(ours)}");
    Console.WriteLine($"    Bradley-Terry on the initial pairs  {Accuracy(theirs)}");
    Console.WriteLine($"    the longer answer                   {ours.LengthBaseline:P1}");
    Console.WriteLine($"  ONNX parity      largest difference of {manifest.ParityTexts} rewards: {manifest.ParityMaxAbs:E1}");
    Console.WriteLine($"  scored           {Question}");
    foreach ((float score, string answer) in scores.Zip(answers).OrderByDescending(pair => pair.First))
    {
        Console.WriteLine($"    {score,8:F4}  {answer}");
    }

    Console.WriteLine("  written");
    // The working files beside the open journal (its name and "-wal", "-shm", "-count") go when it is closed.
    IEnumerable<string> written = Directory.EnumerateFileSystemEntries(options.OutputFolder)
        .Where(path => !Path.GetFileName(path).StartsWith("teacher-journal.db-", StringComparison.Ordinal));
    foreach (string path in written.Order(StringComparer.Ordinal))
    {
        Console.WriteLine($"    {Path.GetRelativePath(Environment.CurrentDirectory, path)}{(Directory.Exists(path) ? "/" : "")}");
    }

    IDataView Distilled(string file, IReadOnlyList<PreferencePair> candidates)
    {
        IDataView view = ml.RewardModeling.LoadPairs(candidates);
        ml.RewardModeling.SavePairs(initialScores.Fit(view).Transform(view), options.Output(file), cancellationToken: cancel);
        return ml.RewardModeling.LoadPairs(options.Output(file));
    }

    RewardModelTransformer Train(string name, IDataView view, RewardModelTrainerOptions settings)
    {
        RewardModelTransformer trained = ml.RewardModeling.Trainers.RewardModel(settings with
        {
            Epochs = options.Epochs,
            BatchSize = 8,
            LearningRate = 3e-4,
            Seed = 42,
            OutputDirectory = options.Output(name),
            Progress = new TrainingProgress(),
            CancellationToken = cancel,
        }).Fit(view);
        return trained;
    }
}

static string Accuracy(RewardModelMetrics metrics)
    => $"{metrics.Accuracy:P1}  [{metrics.Ci95.Low:P1}, {metrics.Ci95.High:P1}]";
