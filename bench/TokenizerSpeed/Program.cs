using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Microsoft.ML.RewardModeling.Scoring;
using TokenizerSpeed;

// dotnet run -c Release --project bench/TokenizerSpeed -- [--own] CORPUS.jsonl.gz FOLDER...
// How fast tokenizers are on one thread, and how often Microsoft.ML.Tokenizers gives other ids for the same folders; --own leaves that out.
const int CorpusBytes = 2_000_000;
bool ownOnly = args is ["--own", ..];
args = ownOnly ? args[1..] : args;
if (args.Length < 2)
{
    Console.Error.WriteLine("usage: TokenizerSpeed [--own] CORPUS.jsonl.gz FOLDER...");
    return 2;
}

string[] documents = ReadCorpus(args[0]);
double megabytes = documents.Sum(text => (double)Encoding.UTF8.GetByteCount(text)) / 1e6;
string[] random = [.. Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization.RandomTexts.Make(51, 20_000).Select(WellFormed)];
string[] basic = [.. random.Where(text => !text.Any(char.IsSurrogate))];
Console.WriteLine($"{documents.Length} documents of {Path.GetFileName(args[0])}, {megabytes:F2} MB; one thread; MB a second of processor time, best of 4 runs, first run in brackets.");
Console.WriteLine();
Console.WriteLine("| tokenizer | load ms | documents MB/s | one text MB/s | allocated bytes a byte | Microsoft.ML.Tokenizers | MB/s | other ids: documents | other ids: 20,000 random texts | other ids: those of them without characters beyond U+FFFF |");
Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
foreach (string folder in args.Skip(1))
{
    TimeSpan start = Environment.CpuUsage.TotalTime;
    HuggingFaceTokenizer own = HuggingFaceTokenizer.Load(folder);
    double load = (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
    (double first, double best, double allocated) = Measure(text => own.Encode(text), documents);
    string whole = string.Join('\n', documents);
    (_, double one, _) = Measure(text => own.Encode(text), [whole]);
    string mine = $"| {Name(folder)} | {load:F0} | {best:F1} ({first:F1}) | {one:F1} | {allocated / (megabytes * 1e6):F1}";

    List<Candidate> candidates = ownOnly ? [] : Candidate.For(folder);
    if (candidates.Count == 0)
    {
        Console.WriteLine($"{mine} | {(ownOnly ? "not asked" : "none reads this file")} | - | - | - | - |");
    }

    foreach (Candidate candidate in candidates)
    {
        (_, double other, _) = Measure(text => candidate.Encode(text), documents);
        Console.WriteLine(
            $"{mine} | {candidate.Name} | {other:F1} | {Different(own, candidate, documents)} of {documents.Length} | {Different(own, candidate, random)} | {Different(own, candidate, basic)} of {basic.Length} |");
        mine = "| | | | | ";
    }
}

return 0;

(double First, double Best, double Allocated) Measure(Action<string> encode, string[] texts)
{
    double first = 0;
    double best = 0;
    double allocated = 0;
    for (int run = 0; run < 4; run++)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan start = Environment.CpuUsage.TotalTime;
        foreach (string text in texts)
        {
            encode(text);
        }

        double speed = megabytes / (Environment.CpuUsage.TotalTime - start).TotalSeconds;
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        first = run == 0 ? speed : first;
        best = Math.Max(best, speed);
    }

    return (first, best, allocated);
}

static int Different(HuggingFaceTokenizer own, Candidate candidate, string[] texts)
{
    int different = 0;
    foreach (string text in texts)
    {
        try
        {
            int[] mine = own.Encode(text);
            IReadOnlyList<int> other = candidate.Encode(text);
            if (mine.SequenceEqual(other))
            {
                continue;
            }

            if (different++ < 3)
            {
                int at = mine.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count();
                Console.Error.WriteLine($"{candidate.Name}: '{own.Decode(mine.AsSpan(at, Math.Min(4, mine.Length - at)))}' is {string.Join(' ', mine.Skip(at).Take(4))}, "
                    + $"other {string.Join(' ', other.Skip(at).Take(4))}");
            }
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException)
        {
            different++;
        }
    }

    return different;
}

static string[] ReadCorpus(string path)
{
    using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
    List<string> texts = [];
    for (int bytes = 0; bytes < CorpusBytes && reader.ReadLine() is string line;)
    {
        using JsonDocument row = JsonDocument.Parse(line);
        string text = row.RootElement.GetProperty("text").GetString()!;
        texts.Add(text);
        bytes += Encoding.UTF8.GetByteCount(text);
    }

    return [.. texts];
}

static string WellFormed(string text) => Encoding.Unicode.GetString(Encoding.Unicode.GetBytes(text));

static string Name(string folder)
{
    string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
    return name == "models" ? Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(folder)))! : name;
}
