using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Microsoft.ML.RewardModeling.TrainingSpeed;

/// <summary>A worker process that waits, costing nothing, until it is asked.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;

    private Peer(string name, Process process) => (Name, _process) = (name, process);

    public string Name { get; }

    public List<double> Seconds { get; } = [];

    public List<double> Cpu { get; } = [];

    public List<double> Rates { get; } = [];

    public List<double> Tokens { get; } = [];

    public static Peer Ours(string name, string job) => Start(name, Environment.ProcessPath!, ["worker", job]);

    /// <summary>Debian's Python with PyTorch and OpenBLAS's kernels for this processor; null with the reason where it is missing.</summary>
    public static Peer? Reference(string job, out string reason)
    {
        const string Python = "/usr/bin/python3";
        if (!File.Exists(Python) || Exit(Python, ["-c", "import torch, numpy"]) != 0)
        {
            reason = $"{Python} cannot import torch (apt-get install python3-torch libopenblas0)";
            return null;
        }

        reason = "";
        return Start("reference", Python, [Path.Combine(AppContext.BaseDirectory, "reference.py"), job], OpenBlasKernels());
    }

    /// <summary>The kernels that OpenBLAS has for this processor. Debian's version does not know the newest ones and would take slow ones.</summary>
    public static string OpenBlasKernels()
        => System.Runtime.Intrinsics.X86.Avx512F.IsSupported ? "SkylakeX"
            : File.Exists("/proc/cpuinfo") && File.ReadAllText("/proc/cpuinfo").Contains("AuthenticAMD", StringComparison.Ordinal) ? "Zen" : "Haswell";

    public JsonNode Ask(string what, int batch = 0)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $$"""{"do": "{{what}}", "batch": {{batch}}}"""));
        _process.StandardInput.Flush();
        return Read();
    }

    public JsonNode Step(int batch, bool measured)
    {
        JsonNode answer = Ask("step", batch);
        if (measured)
        {
            Seconds.Add((double)answer["seconds"]!);
            Cpu.Add((double)answer["cpu"]!);
            Tokens.Add((double?)answer["tokens"] ?? 0);
            Rates.Add(answer["flops"] is { } flops ? (double)flops / Seconds[^1] : 0);
        }

        return answer;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static Peer Start(string name, string program, string[] arguments, string? kernels = null)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (kernels is not null)
        {
            start.Environment["OPENBLAS_CORETYPE"] = kernels;
            start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";    // As this trainer: spinning threads would only disturb each other.
        }

        Peer peer = new(name, Process.Start(start)!);
        peer.Read();
        return peer;
    }

    private static int Exit(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    private JsonNode Read() => JsonNode.Parse(_process.StandardOutput.ReadLine()
        ?? throw new InvalidOperationException($"{Name} ended without an answer; its error output is above."))!;
}
