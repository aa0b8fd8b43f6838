using Microsoft.ML.RewardModeling.Native;
using RewardModeling.Testing;
using TorchSharp;

namespace Microsoft.ML.RewardModeling.Tests.Native;

[TestClass]
public sealed class TorchRuntimeTests
{
    [TestMethod]
    public void EnsureLoaded_SeveralThreadsAtOnce_TorchComputes()
    {
        Parallel.For(0, 8, _ => TorchRuntime.EnsureLoaded());

        using torch.Tensor sum = torch.arange(5).sum();
        Assert.AreEqual(10L, sum.item<long>());
    }

    [TestMethod]
    public void Load_DamagedCachedCopy_IsMadeAgainAndLoads()
    {
        using TemporaryFolder folder = new();
        string loaded = TorchRuntime.Load(NativeFolders.Search(), folder["cache"]);
        if (!loaded.StartsWith(folder.Path, StringComparison.Ordinal))
        {
            Assert.Inconclusive("skipped: this system's C++ library is new enough, nothing is copied");
        }

        byte[] whole = File.ReadAllBytes(loaded);

        // Replaced, not overwritten: this process has the first file mapped.
        File.Delete(loaded);
        File.WriteAllBytes(loaded, whole[..(whole.Length / 2)]);

        Assert.AreEqual(loaded, TorchRuntime.Load(NativeFolders.Search(), folder["cache"]));
        CollectionAssert.AreEqual(whole, File.ReadAllBytes(loaded));
    }

    [TestMethod]
    public void Load_CacheNotWritable_UsesAPrivateFolder()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["cache"], "in the way");

        string loaded = TorchRuntime.Load(NativeFolders.Search(), folder["cache"]);

        Assert.IsFalse(loaded.StartsWith(folder.Path, StringComparison.Ordinal));
    }

    [TestMethod]
    public void Load_NoLibtorch_NamesFilePlacesAndPackage()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("skipped: only Linux loads by path");
        }

        using TemporaryFolder folder = new();

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => TorchRuntime.Load([folder.Path], null));

        StringAssert.Contains(error.Message, "libc10.so is missing");
        StringAssert.Contains(error.Message, folder.Path);
        StringAssert.Contains(error.Message, "libtorch-cpu-linux-x64");
    }

    [TestMethod]
    public void Load_LibraryIsNoLibrary_OneErrorWithTheLinkersReason()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("skipped: only Linux loads by path");
        }

        using TemporaryFolder folder = new();
        File.WriteAllText(folder["libc10.so"], "not a library");

        RewardModelingException error = Assert.ThrowsExactly<RewardModelingException>(() => TorchRuntime.Load([folder.Path], null));

        StringAssert.Contains(error.Message, folder["libc10.so"]);
        StringAssert.Contains(error.Message, "libgomp1");
    }

    [TestMethod]
    public void PackageCache_TorchSharpInThePackageFolder_FindsLibtorchBesideIt()
    {
        using TemporaryFolder folder = new();
        string native = folder["libtorch-cpu-linux-x64", "2.10.0", "runtimes", "linux-x64", "native"];
        Directory.CreateDirectory(native);

        string[] found = [.. NativeFolders.PackageCache(folder["torchsharp", "0.107.0", "lib", "net8.0", "TorchSharp.dll"], "linux-x64")];

        CollectionAssert.AreEqual(new[] { folder["torchsharp", "0.107.0", "runtimes", "linux-x64", "native"], native }, found);
    }
}
