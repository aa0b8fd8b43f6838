using System.Diagnostics;
using System.Globalization;
using Benchmarks;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Scoring;
using Precisions;

// dotnet run -c Release --project bench/Precisions -- MODEL CALIBRATION.jsonl TEST.jsonl [--texts N] [--rounds N] [--pairs N] [--only LIST]
//     [--length N] [--goal X] [--keep FOLDER]
// Every precision of one trained model side by side: size, error, order, accuracy, and throughput in alternating rounds of one run. With
// --measure FOLDER it only times what --keep FOLDER left there. A precision with -whole computes attention in one block, one with -optimized is in
// ONNX Runtime's own operators. random:TOKENIZER as MODEL is an untrained one of 12.6 million parameters.
var words = new Words(args);
int texts = words.Take("--texts", 64), rounds = words.Take("--rounds", 7), most = words.Take("--pairs", 2000), longest = words.Take("--length", 0);
double goal = words.Take("--goal", 0.0);
string? keep = words.Take("--keep"), measured = words.Take("--measure");
string[] wanted = (words.Take("--only") ?? "fp32,fp16,bf16,int8-stored,int8,int4").Split(',');
if (words.Count < 3)
{
    Console.Error.WriteLine("usage: Precisions MODEL|random:TOKENIZER CALIBRATION.jsonl TEST.jsonl [--texts N] [--rounds N] [--pairs N] [--only LIST] [--length N] [--goal X] [--keep FOLDER | --measure FOLDER]");
    return 2;
}

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string temporary = Directory.CreateTempSubdirectory("precisions-").FullName;
string folder = measured ?? keep ?? temporary;
try
{
    List<PreferencePair> calibration = [.. PairFile.Read(words[1])], test = [.. PairFile.Read(words[2]).Take(most)];
    Dictionary<string, ExportManifest> exports = [];
    string model = words[0].StartsWith("random:", StringComparison.Ordinal) ? RandomModel.Write(Path.Combine(temporary, "model"), words[0]["random:".Length..]) : words[0];
    foreach (string name in wanted)
    {
        string place = Path.Combine(folder, name);
        if (measured is null)
        {
            string precision = name.Split('-')[0];
            long start = Stopwatch.GetTimestamp();
            OnnxExporter.Export(model, place, new OnnxExportOptions
            {
                Precision = precision,
                CalibrationPairs = precision.StartsWith("int", StringComparison.Ordinal) && !name.EndsWith("stored", StringComparison.Ordinal) ? calibration : null,
                ParityPairs = test,
                ParityTolerance = 100,
                MinRankCorrelation = -1,
                CalibrationGoal = goal > 0 ? goal : null,
                MaxLength = longest > 0 ? longest : null,
                Optimize = name.EndsWith("-optimized", StringComparison.Ordinal),
                AttentionBlocks = name.EndsWith("-whole", StringComparison.Ordinal) ? 1 : null,
            });
            Console.Error.WriteLine($"{name}: exported and checked in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s");
        }

        exports.Add(name, ExportManifest.Load(place));
    }

    RewardRow[] rows = [.. test.SelectMany(Words.Rows).Take(4 * texts)];
    Dictionary<string, OnnxRewardScorer> scorers = wanted.ToDictionary(name => name, name => OnnxRewardScorer.Load(Path.Combine(folder, name), new OnnxRewardScorerOptions
    {
        VerifyHashes = false,
        Strategy = ScoringStrategy.Unpadded,
        Graph = name.EndsWith("-optimized", StringComparison.Ordinal) ? ScoringGraph.Optimized : ScoringGraph.Portable,
    }));
    RewardTextEncoder encoder = scorers[wanted[0]].Encoder;
    rows = [.. rows.Where(row => encoder.Encode(row.Prompt, row.Response).Ids.Length <= 480).Take(texts)];
    double tokens = rows.Sum(row => encoder.Encode(row.Prompt, row.Response).Ids.Length);
    double[][] seconds = [.. wanted.Select(_ => new double[rounds])];
    for (int round = -1; round < rounds; round++)
    {
        for (int i = 0; i < wanted.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            scorers[wanted[i]].ScoreRows(rows);
            if (round >= 0)
            {
                seconds[i][round] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }
    }

    Console.WriteLine($"{Environment.ProcessorCount} processors; {test.Count} pairs; throughput on {rows.Length} texts of {tokens / rows.Length:F0} tokens on average, {rounds} alternating rounds.");
    Console.WriteLine();
    Console.WriteLine("| precision | bytes | of fp32 | largest error | relative error | Spearman | accuracy change, points | tokens/s | x fp32 |");
    Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (int i = 0; i < wanted.Length; i++)
    {
        ExportManifest manifest = exports[wanted[i]];
        Console.WriteLine(
            $"| {wanted[i]} | {manifest.Bytes:N0} | {100.0 * manifest.Bytes / exports[wanted[0]].Bytes:F1} % | {manifest.ParityMaxAbs:G2} | {manifest.RelativeError:P2} | {manifest.RankCorrelation:F5} | "
            + $"{100 * manifest.AccuracyChange:+0.00;-0.00;0.00} | {tokens / Words.Median(seconds[i]):F0} | {Words.Median([.. seconds[0].Zip(seconds[i], (a, b) => a / b)]):F2} |");
    }

    Console.WriteLine();
    foreach (string name in wanted)
    {
        if (exports[name].Quantization is { } quantization)
        {
            Console.WriteLine($"{name}: {quantization.IntegerProjections} projections in integers, {quantization.BlockProjections} in 4 bits, {quantization.StoredProjections} in 8 bits widened; {quantization.CalibrationTexts} calibration texts.");
        }

        scorers[name].Dispose();
    }

    return 0;
}
finally
{
    Directory.Delete(temporary, recursive: true);
}
