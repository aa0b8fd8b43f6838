using System.Runtime.InteropServices;

namespace Microsoft.ML.RewardModeling.Native;

/// <summary>
/// While one is alive, the C library keeps freed memory instead of giving it back to the system after every step: a training
/// step takes the same hundreds of megabytes again, and fresh pages must be cleared and mapped one by one.
/// </summary>
/// <remarks>
/// A compact heap does the opposite and gives every large block back at once. What stays of a recomputed layer is small and comes to lie
/// between the blocks of its passing values, so that the next layer's do not fit into the holes: with half a billion parameters the heap
/// grew by 30 MB at every layer.
/// </remarks>
/// <param name="isCompact">Memory before speed.</param>
internal sealed partial class NativeHeap(bool isCompact) : IDisposable
{
    private const int TrimThreshold = -1, MapThreshold = -3;    // M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
    private const int LargestMapThreshold = 32 << 20;           // glibc takes no more
    private const int CompactMapThreshold = 1 << 20;
    private const int Usual = 128 << 10;

    private readonly bool _changed = isCompact ? TrySet(CompactMapThreshold, CompactMapThreshold) : TrySet(LargestMapThreshold, int.MaxValue);

    /// <summary>Gives back what is free now.</summary>
    public void Dispose()
    {
        if (_changed)
        {
            // Blocks up to the first threshold keep coming from the heap, as after glibc's own adaptation to large blocks.
            TrySet(LargestMapThreshold, 2 * LargestMapThreshold);
            _ = Trim(Usual);
        }
    }

    private static bool TrySet(int mapThreshold, int trimThreshold)
    {
        try
        {
            return OperatingSystem.IsLinux() && Option(MapThreshold, mapThreshold) == 1 && Option(TrimThreshold, trimThreshold) == 1;
        }
        catch (EntryPointNotFoundException)
        {
            return false;    // Another C library than glibc.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Option(int option, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Trim(nuint keep);
}
