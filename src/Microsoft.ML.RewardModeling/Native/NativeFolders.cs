using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.RewardModeling.Native;

/// <summary>Where libtorch and TorchSharp's native library may lie.</summary>
internal static class NativeFolders
{
    /// <summary>
    /// The folders in the order of search: the application's own, what the runtime host was told, and, for file-based
    /// programs and notebooks, the package cache that TorchSharp itself was loaded from.
    /// </summary>
    public static IReadOnlyList<string> Search()
    {
        string rid = RuntimeInformation.RuntimeIdentifier;
        string portable = PortableIdentifier();
        List<string> folders = [AppContext.BaseDirectory];
        folders.AddRange(new[] { portable, rid }.Select(name => Path.Combine(AppContext.BaseDirectory, "runtimes", name, "native")));
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string searched)
        {
            folders.AddRange(searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        }

        folders.AddRange(PackageCache(typeof(torch).Assembly.Location, portable));
        return [.. folders.Select(Path.TrimEndingDirectorySeparator).Distinct()];
    }

    /// <summary>The path of a file in the first folder that holds it, or null.</summary>
    public static string? Find(IEnumerable<string> folders, string file)
        => folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    /// <summary>The platform's portable runtime identifier, e.g. <c>linux-x64</c>.</summary>
    public static string PortableIdentifier()
    {
        string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }

    /// <summary>Native folders of the packages beside <c>packages/torchsharp/VERSION/lib/FRAMEWORK/TorchSharp.dll</c>.</summary>
    internal static IEnumerable<string> PackageCache(string assembly, string rid)
    {
        DirectoryInfo? version = assembly.Length == 0 ? null : new FileInfo(assembly).Directory?.Parent?.Parent;
        if (version is not { Parent: { Name: "torchsharp", Parent: { } packages } })
        {
            yield break;
        }

        yield return Path.Combine(version.FullName, "runtimes", rid, "native");
        foreach (DirectoryInfo package in packages.EnumerateDirectories($"libtorch-*-{rid}*").OrderBy(folder => folder.Name, StringComparer.Ordinal))
        {
            foreach (DirectoryInfo release in package.EnumerateDirectories().OrderByDescending(folder => folder.Name, StringComparer.Ordinal))
            {
                yield return Path.Combine(release.FullName, "runtimes", rid, "native");
            }
        }
    }
}
