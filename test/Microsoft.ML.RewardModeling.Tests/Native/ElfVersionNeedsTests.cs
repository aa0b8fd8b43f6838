using System.Buffers.Binary;
using System.Text;
using Microsoft.ML.RewardModeling.Native;

namespace Microsoft.ML.RewardModeling.Tests.Native;

[TestClass]
public sealed class ElfVersionNeedsTests
{
    [TestMethod]
    public void Weaken_UnusedVersion_ChangesOneFlagOnly()
    {
        byte[] elf = SyntheticElf(relocatedVersion: 2);

        byte[] weakened = ElfVersionNeeds.Weaken(elf, "GLIBCXX_3.4.32");

        int[] changed = [.. Enumerable.Range(0, elf.Length).Where(i => elf[i] != weakened[i])];
        Assert.HasCount(1, changed);
        Assert.AreEqual(2, weakened[changed[0]]);
        CollectionAssert.AreEqual(new[] { "GLIBCXX_3.4.30" }, ElfVersionNeeds.Strong(weakened).ToArray());
        CollectionAssert.AreEqual(new[] { "GLIBCXX_3.4.30", "GLIBCXX_3.4.32" }, ElfVersionNeeds.Strong(elf).ToArray());
    }

    [TestMethod]
    public void Weaken_VersionThatARelocationUses_IsRefused()
    {
        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(
            () => ElfVersionNeeds.Weaken(SyntheticElf(relocatedVersion: 3), "GLIBCXX_3.4.32"));

        StringAssert.Contains(error.Message, "GLIBCXX_3.4.32");
    }

    [TestMethod]
    public void Weaken_UnknownVersion_IsRefused()
        => Assert.ThrowsExactly<InvalidDataException>(() => ElfVersionNeeds.Weaken(SyntheticElf(2), "GLIBCXX_9.9"));

    [TestMethod]
    public void Weaken_EveryTruncation_GivesInvalidDataOrTheWholeTruth()
    {
        byte[] elf = SyntheticElf(relocatedVersion: 2);
        for (int length = 0; length < elf.Length; length++)
        {
            Assert.ThrowsExactly<InvalidDataException>(() => ElfVersionNeeds.Weaken(elf.AsSpan(0, length), "GLIBCXX_3.4.32"), $"{length} bytes");
        }
    }

    [TestMethod]
    public void Weaken_EveryByteOverwritten_NeverLeavesTheFile()
    {
        byte[] elf = SyntheticElf(relocatedVersion: 2);
        for (int i = 0; i < elf.Length; i++)
        {
            byte[] damaged = [.. elf];
            damaged[i] = 0xff;
            try
            {
                Assert.HasCount(elf.Length, ElfVersionNeeds.Weaken(damaged, "GLIBCXX_3.4.32"));
            }
            catch (InvalidDataException)
            {
                // The only failure allowed.
            }
        }
    }

    [TestMethod]
    public void Weaken_RealLibrary_LosesTheOneNeed()
    {
        if (!OperatingSystem.IsLinux() || NativeFolders.Find(NativeFolders.Search(), "libLibTorchSharp.so") is not { } path)
        {
            Assert.Inconclusive("skipped: no libLibTorchSharp.so on this platform");
            return;
        }

        byte[] library = File.ReadAllBytes(path);
        IReadOnlyList<string> before = ElfVersionNeeds.Strong(library);
        CollectionAssert.Contains(before.ToArray(), "GLIBCXX_3.4.32");

        IReadOnlyList<string> after = ElfVersionNeeds.Strong(ElfVersionNeeds.Weaken(library, "GLIBCXX_3.4.32"));

        CollectionAssert.AreEqual(before.Where(version => version != "GLIBCXX_3.4.32").ToArray(), after.ToArray());

        // std::string's copy constructor and the like: a version the library really uses.
        Assert.ThrowsExactly<InvalidDataException>(() => ElfVersionNeeds.Weaken(library, "GLIBCXX_3.4.21"));
    }

    /// <summary>
    /// A library with two version needs: index 2 = GLIBCXX_3.4.30, index 3 = GLIBCXX_3.4.32. Symbol 1 has index 2,
    /// symbol 2 has index 3, and one relocation refers to the symbol of the given version.
    /// </summary>
    private static byte[] SyntheticElf(ushort relocatedVersion)
    {
        byte[] strings = Encoding.ASCII.GetBytes("\0libstdc++.so.6\0GLIBCXX_3.4.30\0GLIBCXX_3.4.32\0");
        byte[] needs = new byte[48];
        Put16(needs, 0, 1);
        Put16(needs, 2, 2);
        Put32(needs, 4, 1);
        Put32(needs, 8, 16);
        Aux(needs, 16, 2, 16, next: 16);
        Aux(needs, 32, 3, 31, next: 0);
        byte[] indices = new byte[6];
        Put16(indices, 2, 2);
        Put16(indices, 4, 3);
        byte[] relocations = new byte[24];
        Put32(relocations, 8, 6);
        Put32(relocations, 12, relocatedVersion - 1u);
        byte[] symbols = new byte[72];

        byte[][] contents = [strings, needs, indices, symbols, relocations];
        uint[] types = [3, 0x6ffffffe, 0x6fffffff, 11, 4];
        uint[] links = [0, 1, 4, 1, 4];
        int table = 64 + contents.Sum(content => content.Length);
        byte[] elf = new byte[table + (64 * 6)];
        ((byte[])[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]).CopyTo(elf, 0);
        Put64(elf, 0x28, (ulong)table);
        Put16(elf, 0x3A, 64);
        Put16(elf, 0x3C, 6);
        int at = 64;
        for (int i = 0; i < contents.Length; i++)
        {
            contents[i].CopyTo(elf, at);
            int header = table + (64 * (i + 1));
            Put32(elf, header + 4, types[i]);
            Put64(elf, header + 24, (ulong)at);
            Put64(elf, header + 32, (ulong)contents[i].Length);
            Put32(elf, header + 40, links[i]);
            at += contents[i].Length;
        }

        return elf;
    }

    private static void Aux(byte[] bytes, int at, ushort index, uint name, uint next)
    {
        Put16(bytes, at + 6, index);
        Put32(bytes, at + 8, name);
        Put32(bytes, at + 12, next);
    }

    private static void Put16(byte[] bytes, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), value);

    private static void Put32(byte[] bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);

    private static void Put64(byte[] bytes, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);
}
