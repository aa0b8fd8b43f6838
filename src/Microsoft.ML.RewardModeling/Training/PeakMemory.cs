using System.Diagnostics;
using System.Globalization;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>The process's largest resident memory.</summary>
internal static class PeakMemory
{
    /// <summary>In bytes; on Linux from the kernel's own mark, elsewhere from the process's peak working set.</summary>
    public static long Bytes()
    {
        const string Status = "/proc/self/status";
        if (OperatingSystem.IsLinux() && File.Exists(Status))
        {
            string? line = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            if (line?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, string kilobytes, ..]
                && long.TryParse(kilobytes, CultureInfo.InvariantCulture, out long value))
            {
                return value * 1024;
            }
        }

        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
