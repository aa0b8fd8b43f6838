using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using TorchSharp;

namespace Microsoft.ML.RewardModeling.Native;

/// <summary>Loads libtorch for TorchSharp, also on Linux systems whose C++ library is older than TorchSharp's build.</summary>
/// <remarks>
/// TorchSharp's native library is built with GCC 13 and asks for <c>GLIBCXX_3.4.32</c>, which Debian 12 and Ubuntu 22.04
/// do not have; nothing in it uses a symbol of that version. Where the system refuses the library for that reason, a copy
/// whose need is marked weak is kept in the user's cache folder and loaded instead. Elsewhere nothing is touched.
/// </remarks>
public static partial class TorchRuntime
{
    private const string Bridge = "libLibTorchSharp.so";
    private const string CpuLibrary = "libtorch_cpu.so";

    // The order in which the libraries need each other. CUDA parts exist only with a CUDA backend.
    private static readonly (string File, bool Required)[] LinuxLibraries =
    [
        ("libc10.so", true), (CpuLibrary, true), ("libc10_cuda.so", false), ("libtorch_cuda.so", false), ("libtorch.so", true),
    ];

    private static readonly Lazy<string> Loaded = new(() => Load(NativeFolders.Search(), null), LazyThreadSafetyMode.ExecutionAndPublication);

    /// <summary>
    /// Loads the native libraries unless they are loaded. Call it before the first use of <c>torch</c>; everything in this
    /// package does so itself. Safe from several threads and for several processes that start at once.
    /// </summary>
    /// <exception cref="RewardModelingException">A library is missing or cannot be loaded: the message says what to install.</exception>
    public static void EnsureLoaded() => _ = Loaded.Value;

    /// <summary>Loads the libraries and returns the path of TorchSharp's own, which is the cached copy on older systems.</summary>
    /// <param name="folders">Where to search.</param>
    /// <param name="cache">The folder for the copy; null for the user's cache folder.</param>
    internal static string Load(IReadOnlyList<string> folders, string? cache)
    {
        try
        {
            string bridge = OperatingSystem.IsLinux() ? LoadLinux(folders, cache) : "";
            torch.InitializeDeviceType(DeviceType.CPU);
            if (OperatingSystem.IsLinux() && NativeFolders.Find(folders, CpuLibrary) is { } path)
            {
                MatrixKernels.UseFastest(NativeLibrary.Load(path));
            }

            return bridge;
        }
        catch (Exception error) when (error is not RewardModelingException)
        {
            throw Failure($"libtorch cannot be loaded: {error.GetBaseException().Message.Trim()}", folders, error);
        }
    }

    private static string LoadLinux(IReadOnlyList<string> folders, string? cache)
    {
        // OpenMP reads its environment once, when it is loaded. By default its threads spin while they wait for each other,
        // which on a machine that others use too made training up to 20 times slower; sleeping costs next to nothing.
        _ = SetEnvironment("OMP_WAIT_POLICY", "PASSIVE", 0);
        foreach ((string file, bool required) in LinuxLibraries)
        {
            if (NativeFolders.Find(folders, file) is { } path)
            {
                LoadOne(path, folders);
            }
            else if (required)
            {
                throw Failure($"{file} is missing: this application has no libtorch backend for {NativeFolders.PortableIdentifier()}.", folders, null);
            }
        }

        string bridge = NativeFolders.Find(folders, Bridge)
            ?? throw Failure($"{Bridge} is missing: TorchSharp has no native library for {NativeFolders.PortableIdentifier()} here.", folders, null);
        try
        {
            NativeLibrary.Load(bridge);
            return bridge;
        }
        catch (DllNotFoundException error) when (MissingVersion().Match(error.Message) is { Success: true } match)
        {
            return LoadWeakened(bridge, match.Groups[1].Value, cache, folders);
        }
        catch (DllNotFoundException error)
        {
            throw Failure($"{bridge} cannot be loaded: {Reason(error)}", folders, error);
        }
    }

    private static void LoadOne(string path, IReadOnlyList<string> folders)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (DllNotFoundException error)
        {
            throw Failure($"{path} cannot be loaded: {Reason(error)}", folders, error);
        }
    }

    /// <summary>Loads a copy that can do without one version, from the first cache folder that works.</summary>
    private static string LoadWeakened(string bridge, string version, string? cache, IReadOnlyList<string> folders)
    {
        byte[] original = File.ReadAllBytes(bridge);
        byte[] copy = ElfVersionNeeds.Weaken(original, version);
        string name = $"libLibTorchSharp-{Convert.ToHexStringLower(SHA256.HashData(original))}.so";
        List<string> failures = [];
        foreach (string folder in cache is null ? NativeFileCache.Folders(Environment.GetEnvironmentVariable) : [cache])
        {
            try
            {
                string path = NativeFileCache.Put(folder, name, copy);
                NativeLibrary.Load(path);
                return path;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or DllNotFoundException)
            {
                failures.Add($"{folder}: {Reason(error)}");
            }
        }

        // No cache folder can be used: a private folder for this process alone. Linux keeps a mapped file after its deletion.
        DirectoryInfo temporary = Directory.CreateTempSubdirectory("Microsoft.ML.RewardModeling-");
        try
        {
            string path = NativeFileCache.Put(temporary.FullName, name, copy);
            NativeLibrary.Load(path);
            return path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            failures.Add($"{temporary.FullName}: {Reason(error)}");
            throw Failure(
                $"This system's C++ library lacks {version}, and the adapted copy of {bridge} could not be loaded. Tried "
                + $"{string.Join("; ", failures)}. Set XDG_CACHE_HOME to a folder that can be written and holds programs (not mounted noexec).",
                folders,
                error);
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }

    private static RewardModelingException Failure(string found, IReadOnlyList<string> folders, Exception? error)
    {
        string rid = NativeFolders.PortableIdentifier();
        string message = $"{found.TrimEnd('.')}. Searched: {string.Join(", ", folders)}. "
            + $"Reference the package libtorch-cpu-{rid} in the application (or build it with -p:TorchBackend=cpu, cuda-linux or cuda-windows) "
            + "and restore again; its version must be the one TorchSharp was built for. ";
        if (OperatingSystem.IsLinux())
        {
            message += "If a system library is named above, install it: libgomp1 and libstdc++6 on Debian and Ubuntu, libgomp and libstdc++ on Fedora.";
        }
        else if (OperatingSystem.IsWindows())
        {
            message += "On Windows the Visual C++ 2022 redistributable must be installed.";
        }

        return error is null ? new RewardModelingException(message) : new RewardModelingException(message, error);
    }

    /// <summary>The dynamic linker's own words: .NET's message lists them after its advice.</summary>
    private static string Reason(Exception error)
    {
        string[] lines = error.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return error is DllNotFoundException && lines.Length > 1 ? string.Join("; ", lines[1..].Distinct()) : error.Message;
    }

    /// <summary>The C library's own: .NET's environment is a copy that native code does not see. 0 keeps what the user has set.</summary>
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [GeneratedRegex(@"version [`']((?:GLIBCXX|CXXABI)_[0-9.]+)' not found")]
    private static partial Regex MissingVersion();
}
