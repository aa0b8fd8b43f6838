using System.Runtime.InteropServices;
using Microsoft.ML.RewardModeling.Models.Weights;

namespace Microsoft.ML.RewardModeling.Models;

/// <summary>
/// The pages of a tensor that lies in a mapped file. Once a matrix is widened its pages are of no use until the next pass;
/// letting go of them keeps the process small, and they stay in the system's file cache. Other threads that read them at
/// the same time get them again.
/// </summary>
internal sealed unsafe class MappedPages(SafetensorsTensor tensor)
{
    private const int DontNeed = 4;

    private readonly byte* _start = tensor.Pointer;
    private readonly long _length = tensor.ByteLength;

    /// <summary>Lets go of the whole pages inside; where the system has no such call, nothing happens.</summary>
    public void Release()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
        {
            return;
        }

        nuint page = (nuint)Environment.SystemPageSize;
        nuint first = ((nuint)_start + page - 1) / page * page, end = ((nuint)_start + (nuint)_length) / page * page;
        if (end > first)
        {
            // Advice only: a failure leaves the pages where they are.
            _ = Advise(first, end - first, DontNeed);
        }
    }

    [DllImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Advise(nuint address, nuint length, int advice);
}
