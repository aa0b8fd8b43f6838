using Microsoft.ML.RewardModeling.Native;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Native;

[TestClass]
public sealed class NativeFileCacheTests
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 31))];

    [TestMethod]
    public void Put_DamagedFile_IsMadeAgain()
    {
        using TemporaryFolder folder = new();
        string path = NativeFileCache.Put(folder["cache"], "a.so", Content);
        byte[] damaged = [.. Content];
        damaged[1000] ^= 1;
        File.WriteAllBytes(path, damaged);

        Assert.AreEqual(path, NativeFileCache.Put(folder["cache"], "a.so", Content));

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(path));
        Assert.HasCount(1, Directory.GetFiles(folder["cache"]));
    }

    [TestMethod]
    public void Put_WholeFileThere_IsLeftAlone()
    {
        using TemporaryFolder folder = new();
        string path = NativeFileCache.Put(folder["cache"], "a.so", Content);
        DateTime written = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, written);

        NativeFileCache.Put(folder["cache"], "a.so", Content);

        Assert.AreEqual(written, File.GetLastWriteTimeUtc(path));
    }

    [TestMethod]
    public void Put_ManyAtOnceWhileTheFileIsDamaged_EveryOneGetsTheWholeFile()
    {
        using TemporaryFolder folder = new();
        string path = folder["cache", "a.so"];
        for (int round = 0; round < 8; round++)
        {
            NativeFileCache.Put(folder["cache"], "a.so", Content);
            File.WriteAllBytes(path, Content.AsSpan(0, Content.Length / 2));

            Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 16 }, _ =>
            {
                Assert.AreEqual(path, NativeFileCache.Put(folder["cache"], "a.so", Content));
                CollectionAssert.AreEqual(Content, File.ReadAllBytes(path));
            });
        }

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(path));
        Assert.HasCount(1, Directory.GetFiles(folder["cache"]));
    }

    [TestMethod]
    public void Put_FolderIsAFile_ThrowsIoError()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["cache"], "in the way");

        Assert.Throws<IOException>(() => NativeFileCache.Put(folder["cache"], "a.so", Content));
    }

    [TestMethod]
    public void Folders_EnvironmentGiven_PrefersXdgAndIgnoresRelativePaths()
    {
        Dictionary<string, string> environment = new() { ["XDG_CACHE_HOME"] = Path.GetFullPath("/xdg"), ["HOME"] = Path.GetFullPath("/home/me") };
        string leaf = "Microsoft.ML.RewardModeling";

        Assert.AreEqual(Path.Combine(environment["XDG_CACHE_HOME"], leaf), NativeFileCache.Folders(environment.GetValueOrDefault)[0]);

        environment["XDG_CACHE_HOME"] = "relative";
        Assert.AreEqual(Path.Combine(environment["HOME"], ".cache", leaf), NativeFileCache.Folders(environment.GetValueOrDefault)[0]);
    }
}
