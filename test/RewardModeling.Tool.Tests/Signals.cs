using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RewardModeling.Tool.Tests;

/// <summary>Ctrl-C for a process of this test.</summary>
internal static partial class Signals
{
    private const int Interrupt = 2;

    public static void SendInterrupt(Process process)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Inconclusive("skipped: Windows has no SIGINT that one process can send to another");
        }

        Assert.AreEqual(0, Kill(process.Id, Interrupt));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
