using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>How much memory the process takes and could take.</summary>
internal static class PeakMemory
{
    /// <summary>In bytes; on Linux from the kernel's own mark, elsewhere from the process's peak working set.</summary>
    public static long Bytes()
    {
        if (Linux("/proc/self/status", "VmHWM:") is { } peak)
        {
            return peak;
        }

        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    /// <summary>What is resident now, in bytes.</summary>
    public static long Now() => Linux("/proc/self/status", "VmRSS:") ?? Environment.WorkingSet;

    /// <summary>What a process can still take without swapping, in bytes: of the machine, or of the container it is confined to.</summary>
    public static long Available()
    {
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Now();
        return Linux("/proc/meminfo", "MemAvailable:") is { } free ? Math.Min(free, limit) : limit;
    }

    private static long? Linux(string file, string key)
    {
        string? line = OperatingSystem.IsLinux() && File.Exists(file)
            ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))
            : null;
        return line?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, string kilobytes, ..]
            && long.TryParse(kilobytes, CultureInfo.InvariantCulture, out long value) ? value * 1024 : null;
    }
}
