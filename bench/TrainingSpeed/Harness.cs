using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.TrainingSpeed;

/// <summary>Runs the workers in turn and prints ratios.</summary>
internal static class Harness
{
    private const int Seed = 7, OtherSeed = 8, BatchSize = 4;

    public static int Run(string[] args)
    {
        int rounds = args is [_, string count] ? int.Parse(count, CultureInfo.InvariantCulture) : 6;
        string what = args.FirstOrDefault("all");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("training-speed-");
        try
        {
            if (what == "profile")
            {
                Profile(folder.FullName, rounds);
                return 0;
            }

            foreach (int length in (int[])[512, 1024])
            {
                if (what == "all" || what == length.ToString(CultureInfo.InvariantCulture))
                {
                    Compare(folder.FullName, length, rounds);
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return 0;
    }

    /// <summary>Steps in this process alone, for a profiler.</summary>
    private static void Profile(string folder, int rounds)
    {
        Job.Pair[][] batches = Lengths.Realistic(rounds + 1, BatchSize, 512, 8192, 11);
        using Worker worker = new(Make(folder, 512, batches, Seed));
        for (int round = 0; round <= rounds; round++)
        {
            Print(worker.Step(round).ToJsonString());
        }
    }

    private static Job Make(string folder, int maxLength, Job.Pair[][] batches, int teacherSeed)
    {
        Job.Shape shape = new(384, 6, 6, 2, 64, 1024, 8192, 10000, 1e-5, maxLength);
        return new Job
        {
            Config = shape, Seed = Seed, TeacherSeed = teacherSeed, Batches = batches, Objective = "margin-regression",
            Weights = Weights(folder, shape, Seed), TeacherWeights = Weights(folder, shape, teacherSeed),
        };
    }

    private static string Weights(string folder, Job.Shape shape, int seed)
    {
        string path = Path.Combine(folder, $"{seed}.safetensors");
        using RewardModel model = RewardModel.Create(shape.Backbone(), seed);
        SafetensorsWriter.Write(path, model.Parameters.Items.Select(item => new SafetensorsSource(
            item.Key, "F32", item.Value.shape, stream => RewardModelWriter.WriteTensor(stream, item.Value, "F32"))));
        return path;
    }

    private static void Compare(string folder, int maxLength, int rounds)
    {
        // The same texts at both maximum lengths: only the reference's padding changes.
        Job.Pair[][] batches = Lengths.Realistic(rounds + 1, BatchSize, 512, 8192, 11);
        Print($"## Maximum length {maxLength}, {BatchSize} pairs a step, {batches.SelectMany(b => b).Average(p => p.Chosen.Length + p.Rejected.Length + p.Teacher.Length):F0} tokens a pair");
        string checkJob = Make(folder, maxLength, [batches[0]], OtherSeed).Write(Path.Combine(folder, "check.json"));
        string job = Make(folder, maxLength, batches, Seed).Write(Path.Combine(folder, "job.json"));
        using (Peer check = Peer.Ours("check", checkJob))
        {
            using Peer? referenceCheck = Peer.Reference(checkJob, out _);
            Losses("ours", check.Ask("check"));
            if (referenceCheck is not null)
            {
                Losses("reference", referenceCheck.Ask("check"));
            }
        }

        using Peer ours = Peer.Ours("fp32", job);
        using Peer? reference = Peer.Reference(job, out string reason);
        if (reference is null)
        {
            Print($"The reference is skipped: {reason}.");
        }

        Peer[] peers = [.. new[] { reference, ours }.OfType<Peer>()];
        List<double> limits = [];
        for (int round = 0; round <= rounds; round++)
        {
            foreach (Peer peer in peers)
            {
                JsonNode answer = peer.Step(round, measured: round > 0);
                if (round == 0)
                {
                    Losses($"{peer.Name}, first step", answer);
                }
            }

            limits.Add((double)ours.Ask("matmul", round)["flops_per_second"]!);
        }

        double limit = limits.Max();
        Print(Invariant($"Matrix products of the layers' shapes alone: {limit / 1e9:F0} GFLOP/s."));
        Print("| run | pairs/s (median) | x reference | useful GFLOP/s | of matrix limit | peak memory MiB |");
        Print("| --- | --- | --- | --- | --- | --- |");
        foreach (Peer peer in peers)
        {
            string ratio = reference is null ? "-" : Invariant($"{Median(reference.Seconds.Zip(peer.Seconds, (a, b) => a / b)):F2}");
            double rate = Median(peer.Rates);
            string share = rate == 0 ? "- | -" : Invariant($"{rate / 1e9:F0} | {100 * rate / limit:F0} %");
            Print(Invariant($"| {peer.Name} | {BatchSize / Median(peer.Seconds):F2} | {ratio} | {share} | {(double)peer.Ask("memory")["peak"]! / (1 << 20):F0} |"));
        }
    }

    private static void Losses(string name, JsonNode answer)
        => Print(Invariant($"{name}: rank {(double)answer["rank"]!:F5}, sft {(double)answer["sft"]!:F5}, kl {(double)answer["kl"]!:F5}"));

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static void Print(string line)
    {
        Console.WriteLine(line);
        Console.Out.Flush();
    }
}
