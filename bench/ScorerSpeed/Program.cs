using System.Diagnostics;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Scoring;
using ScorerSpeed;

// dotnet run -c Release --project bench/ScorerSpeed -- TOKENIZER_FOLDER PAIRS... [--texts N] [--mean TOKENS] [--rounds N] [--soak SECONDS] [--starts N]
// The scorer beside bare ONNX Runtime, in alternating rounds of one run: only the ratios are worth comparing. --soak 0, --rounds 0 and
// --starts 0 leave a part out.
if (args is ["--start", ..])
{
    return ColdStart.Child(args[1..]);
}

int conversations = 0;
List<string> words = [.. args];
double soak = Take("--soak", 3);
int rounds = (int)Take("--rounds", 7);
int texts = (int)Take("--texts", 64);
int starts = (int)Take("--starts", 5);
double mean = Take("--mean", 290);
if (words.Count < 2)
{
    Console.Error.WriteLine("usage: ScorerSpeed TOKENIZER_FOLDER PAIRS... [--texts N] [--mean TOKENS] [--rounds N] [--soak SECONDS] [--starts N]");
    return 2;
}

string folder = Directory.CreateTempSubdirectory("scorer-speed-").FullName;
try
{
    (string onnx, string onnxUndivided) = BenchModel.Export(folder, words[0]);
    using BareRuntime bare = new(Path.Combine(onnx, "model.onnx"));
    using OnnxRewardScorer scorer = OnnxRewardScorer.Load(onnx, new OnnxRewardScorerOptions { Graph = ScoringGraph.Portable });
    using OnnxRewardScorer whole = OnnxRewardScorer.Load(onnx, new OnnxRewardScorerOptions { Graph = ScoringGraph.Portable, SharePrompts = false });
    using OnnxRewardScorer undivided = OnnxRewardScorer.Load(onnxUndivided, new OnnxRewardScorerOptions { SharePrompts = false });
    using OnnxRewardScorer fused = OnnxRewardScorer.Load(onnx, new OnnxRewardScorerOptions { Graph = ScoringGraph.Optimized });
    using OnnxRewardScorer keeping = OnnxRewardScorer.Load(onnx, new OnnxRewardScorerOptions { Graph = ScoringGraph.Portable, PromptCacheTokens = 4096 });
    RewardRow[] rows = RealMix([.. words.Skip(1).SelectMany(PairFile.Read).SelectMany(Rows).Take(8 * texts)]);
    if (rounds == 0)
    {
        Console.WriteLine($"64 threads for {soak} s: {Soak.Run(keeping, rows, TimeSpan.FromSeconds(soak))}.");
        return 0;
    }

    int[] lengths = [.. rows.Select(Length)];
    double tokens = lengths.Sum();
    double operations = lengths.Sum(BenchModel.Operations);
    Console.WriteLine($"{Environment.ProcessorCount} processors; {rows.Length} texts, {tokens / rows.Length:F0} tokens on average, {lengths.Min()} to {lengths.Max()}; "
        + $"{rounds} alternating rounds, medians.");

    using MatrixPeak peak = new();
    double[][] throughput = Measure(
        () => peak.Measure(),
        () => tokens / Seconds(() => Padded(rows)),
        () => tokens / Seconds(() => Single(rows)),
        () => tokens / Seconds(() => whole.ScoreRows(rows)),
        () => tokens / Seconds(() => scorer.ScoreRows(rows)),
        () => tokens / Seconds(() => fused.ScoreRows(rows)),
        () => tokens / Seconds(() => undivided.ScoreRows(rows)));
    double gflops = Median(throughput[0]) / 1e9;
    double engine = Median(throughput[3]);
    Console.WriteLine();
    Console.WriteLine("| tokenization included | tokens/s | engine / this |");
    Console.WriteLine("| --- | --- | --- |");
    Console.WriteLine($"| ONNX Runtime, padded batches of 16 as they come | {Median(throughput[1]):F0} | {Ratio(throughput[3], throughput[1]):F2} |");
    Console.WriteLine($"| ONNX Runtime, one at a time | {Median(throughput[2]):F0} | {Ratio(throughput[3], throughput[2]):F2} |");
    Console.WriteLine($"| engine, every text whole | {engine:F0} | 1 |");
    Console.WriteLine($"| the same with attention in one operator | {Median(throughput[6]):F0} | {Ratio(throughput[3], throughput[6]):F2} |");
    Console.WriteLine($"| engine, the two answers of a prompt share it (the default) | {Median(throughput[4]):F0} | {Ratio(throughput[3], throughput[4]):F2} |");
    Console.WriteLine($"| the same with ONNX Runtime's own operators | {Median(throughput[5]):F0} | {Ratio(throughput[3], throughput[5]):F2} |");
    Console.WriteLine();
    Console.WriteLine($"Matrix product of ONNX Runtime {gflops:F0} GFLOP/s; the engine, every text whole, {engine * operations / tokens / 1e9:F0} GFLOP/s of useful tokens, "
        + $"{throughput[3].Zip(throughput[0], (rate, product) => rate * operations / tokens / product).Order().ElementAt(rounds / 2):P0} of it.");

    RewardRow middle = rows[Array.IndexOf(lengths, lengths.Order().ElementAt(rows.Length / 2))];
    int[] middleIds = scorer.Encoder.Encode(middle.Prompt, middle.Response).Ids;
    double[][] latency = Measure(
        () => Seconds(() => Repeat(20, () => bare.Run([middleIds]))) / 20,
        () => Seconds(() => Repeat(20, () => scorer.Score(middle.Prompt, [middle.Response]))) / 20);
    Console.WriteLine($"One answer ({middleIds.Length} tokens): bare Run {Median(latency[0]) * 1e3:F2} ms, scorer with its tokenization {Median(latency[1]) * 1e3:F2} ms: "
        + $"{Ratio(latency[1], latency[0]):F2} x.");

    string[] pieces = [.. rows.SelectMany(row => row.Response.Split(' '))];
    string[] answers = [.. Enumerable.Range(1, 8).Select(i => Text(i * 700, 120))];
    string prompt = Text(0, 600);
    double[][] best = Measure(
        () => 8 / Seconds(() => { foreach (string answer in answers) { whole.Score(prompt, [answer]); } }),
        () => 8 / Seconds(() => whole.Score(prompt, answers)),
        () => 8 / Seconds(() => scorer.Score(prompt, answers)),
        () => 8 / Seconds(() => fused.Score(prompt, answers)),
        () => 8 / Seconds(() => { foreach (string answer in answers) { undivided.Score(prompt, [answer]); } }),
        () => 8 / Seconds(() => undivided.Score(prompt, answers)));
    Console.WriteLine();
    Console.WriteLine("| best of 8, 600 + 120 tokens | answers/s | shared / this |");
    Console.WriteLine("| --- | --- | --- |");
    foreach ((string what, double[] rates) in (ReadOnlySpan<(string, double[])>)
        [
            ("independent, attention in one operator, one after the other", best[4]), ("the same, all at once", best[5]),
            ("independent, one after the other", best[0]), ("independent, all at once", best[1]),
            ("shared prompt", best[2]), ("shared prompt, ONNX Runtime's own operators", best[3]),
        ])
    {
        Console.WriteLine($"| {what} | {Median(rates):F1} | {Ratio(best[2], rates):F2} |");
    }

    Console.WriteLine();
    Console.WriteLine($"Largest difference of a score {Difference(prompt, answers):E1}.");
    Console.WriteLine($"The same with ONNX Runtime's own operators: {Median(best[3]):F1} answers/s, {Ratio(best[3], best[2]):F2} x the portable graph; what a load measured: "
        + $"{MeasuredAtLoad()}.");
    Console.WriteLine();
    Console.WriteLine("| tokens of prompt and answer | best of | shared / independent at once | largest difference |");
    Console.WriteLine("| --- | --- | --- | --- |");
    foreach ((int promptTokens, int answerTokens, int count) in (ReadOnlySpan<(int, int, int)>)
        [(8, 40, 2), (30, 60, 2), (30, 60, 8), (100, 120, 2), (100, 120, 8), (300, 120, 2), (600, 120, 2), (600, 120, 4), (600, 40, 8), (800, 120, 16)])
    {
        string some = Text(promptTokens, promptTokens);
        string[] few = [.. Enumerable.Range(1, count).Select(i => Text(i * 900, answerTokens))];
        double[][] shape = Measure(() => count / Seconds(() => whole.Score(some, few)), () => count / Seconds(() => scorer.Score(some, few)));
        Console.WriteLine($"| {promptTokens} + {answerTokens} | {count} | {Ratio(shape[1], shape[0]):F2} | {Difference(some, few):E1} |");
    }

    Console.WriteLine();
    double[][] turns = Measure(() => Seconds(() => Converse(whole)), () => Seconds(() => Converse(keeping)));
    Console.WriteLine($"A conversation of 6 turns, about 100 tokens each, an answer scored at every turn: whole {Median(turns[0]) * 1e3:F0} ms, kept {Median(turns[1]) * 1e3:F0} ms: "
        + $"{Ratio(turns[0], turns[1]):F2} x.");
    if (starts > 0)
    {
        Console.WriteLine(ColdStart.Run(onnx, starts));
    }

    Console.WriteLine(soak == 0 ? "" : $"64 threads for {soak} s: {Soak.Run(keeping, rows, TimeSpan.FromSeconds(soak))}.");
    return 0;

    void Padded(RewardRow[] all)
    {
        foreach (RewardRow[] batch in all.Chunk(16))
        {
            bare.Run([.. batch.Select(row => scorer.Encoder.Encode(row.Prompt, row.Response).Ids)]);
        }
    }

    void Single(RewardRow[] all)
    {
        foreach (RewardRow row in all)
        {
            bare.Run([scorer.Encoder.Encode(row.Prompt, row.Response).Ids]);
        }
    }

    // Texts as they come, without those above the length that makes the mean come nearest to the one that the figures are stated for.
    RewardRow[] RealMix(RewardRow[] all)
    {
        int[] lengths = [.. all.Select(Length)];
        int[] Below(int most) => [.. Enumerable.Range(0, all.Length).Where(i => lengths[i] <= most).Take(texts)];
        int most = lengths.Where(length => Below(length).Length == texts).Distinct().MinBy(most => Math.Abs(Below(most).Average(i => lengths[i]) - mean));
        return [.. Below(most).Select(i => all[i])];
    }

    string MeasuredAtLoad()
    {
        using OnnxRewardScorer automatic = OnnxRewardScorer.Load(onnx);
        return $"{automatic.Graph.PortableTime!.Value.TotalMilliseconds:F1} ms portable, {automatic.Graph.OptimizedTime!.Value.TotalMilliseconds:F1} ms optimized";
    }

    double Difference(string prompt, string[] answers) => whole.Score(prompt, answers).Zip(scorer.Score(prompt, answers), (a, b) => Math.Abs(a - b)).Max();

    // Another beginning in every round: what an earlier round left is of no use.
    void Converse(OnnxRewardScorer by)
    {
        conversations++;
        List<ChatTurn> all = [];
        for (int turn = 0; turn < 6; turn++)
        {
            all.Add(new ChatTurn("user", $"{conversations} {Text((conversations * 37) + (turn * 200), 50)}"));
            string answer = Text((turn * 300) + 100, 50);
            by.Score(all, [answer]);
            all.Add(new ChatTurn("assistant", answer));
        }
    }

    int Length(RewardRow row) => scorer.Encoder.Encode(row.Prompt, row.Response).Ids.Length;

    // Words of the data from a place on, as many as give about so many tokens.
    string Text(int from, int length)
    {
        int count = 1;
        string text;
        do
        {
            text = string.Join(' ', Enumerable.Range(from, count).Select(i => pieces[i % pieces.Length]));
            count += 4;
        }
        while (scorer.Encoder.Tokenizer.Encode(text).Length < length);
        return text;
    }
}
finally
{
    Directory.Delete(folder, recursive: true);
}

// Candidates take turns, so that whatever else the machine does falls on all of them; the first round warms up.
double[][] Measure(params Func<double>[] candidates)
{
    double[][] results = [.. candidates.Select(_ => new double[rounds])];
    for (int round = -1; round < rounds; round++)
    {
        for (int i = 0; i < candidates.Length; i++)
        {
            double value = candidates[i]();
            if (round >= 0)
            {
                results[i][round] = value;
            }
        }
    }

    return results;
}

double Take(string option, double otherwise)
{
    int place = words.IndexOf(option);
    if (place < 0)
    {
        return otherwise;
    }

    double value = double.Parse(words[place + 1], System.Globalization.CultureInfo.InvariantCulture);
    words.RemoveRange(place, 2);
    return value;
}

static IEnumerable<RewardRow> Rows(PreferencePair pair)
{
    ChatTurn[] turns = [.. pair.Prompt.Turns.Select(turn => new ChatTurn(turn.Role, turn.Content))];
    return [new RewardRow(turns, pair.Chosen), new RewardRow(turns, pair.Rejected)];
}

static double Seconds(Action action)
{
    long start = Stopwatch.GetTimestamp();
    action();
    return Stopwatch.GetElapsedTime(start).TotalSeconds;
}

static void Repeat(int times, Action action)
{
    for (int i = 0; i < times; i++)
    {
        action();
    }
}

static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

// The median of the ratios of neighbours in time.
static double Ratio(double[] candidate, double[] baseline) => Median([.. candidate.Zip(baseline, (a, b) => a / b)]);
