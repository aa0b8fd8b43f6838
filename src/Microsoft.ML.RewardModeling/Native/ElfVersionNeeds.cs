using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.RewardModeling.Native;

/// <summary>
/// Reads and weakens the symbol versions that a 64-bit little-endian ELF library asks of other libraries
/// (Linux Standard Base, "Symbol Versioning"; System V ABI, ELF-64 object file format).
/// </summary>
internal static class ElfVersionNeeds
{
    private const uint SectionVersionNeed = 0x6ffffffe;
    private const uint SectionVersionIndex = 0x6fffffff;
    private const uint SectionDynamicSymbols = 11;
    private const uint SectionRelocations = 4;
    private const ushort FlagWeak = 0x2;

    private readonly record struct Section(uint Type, int Offset, int Size, int Link);

    private readonly record struct Need(string Version, int FlagsOffset, ushort Flags, ushort Index);

    /// <summary>The versions that a library needs and is not content to miss.</summary>
    /// <param name="elf">The whole file.</param>
    /// <exception cref="InvalidDataException">The file is no 64-bit little-endian ELF library, or is damaged.</exception>
    public static IReadOnlyList<string> Strong(ReadOnlySpan<byte> elf)
        => [.. Needs(elf, Sections(elf)).Where(need => (need.Flags & FlagWeak) == 0).Select(need => need.Version)];

    /// <summary>
    /// A copy of the library in which the need of one version is weak, so that the dynamic linker only warns when the
    /// system's library does not have that version.
    /// </summary>
    /// <remarks>
    /// GCC 13 leaves an undefined symbol in every file that includes &lt;iostream&gt;, and with it the need of
    /// GLIBCXX_3.4.32, although no code refers to it. Weakening is refused when any relocation does refer to a symbol of
    /// that version: such a library really needs the newer system.
    /// </remarks>
    /// <param name="elf">The whole file; not changed.</param>
    /// <param name="version">The version to weaken, e.g. <c>GLIBCXX_3.4.32</c>.</param>
    /// <exception cref="InvalidDataException">The file is damaged, does not need the version, or really uses it.</exception>
    public static byte[] Weaken(ReadOnlySpan<byte> elf, string version)
    {
        List<Section> sections = Sections(elf);
        List<Need> needs = Needs(elf, sections).FindAll(need => need.Version == version);
        if (needs.Count == 0)
        {
            throw new InvalidDataException($"The library does not ask for version {version}.");
        }

        byte[] copy = elf.ToArray();
        foreach (Need need in needs)
        {
            if (IsUsed(elf, sections, need.Index))
            {
                throw new InvalidDataException($"The library uses symbols of version {version}: it needs a system that has it.");
            }

            BinaryPrimitives.WriteUInt16LittleEndian(copy.AsSpan(need.FlagsOffset), (ushort)(need.Flags | FlagWeak));
        }

        return copy;
    }

    private static List<Section> Sections(ReadOnlySpan<byte> elf)
    {
        if (elf.Length < 64 || !elf[..6].SequenceEqual((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1]))
        {
            throw new InvalidDataException("Not a 64-bit little-endian ELF file.");
        }

        int table = Offset(elf, U64(elf, 0x28), 0);
        int entrySize = U16(elf, 0x3A);
        int count = U16(elf, 0x3C);
        if (entrySize < 64)
        {
            throw new InvalidDataException($"ELF section headers of {entrySize} bytes; expected 64.");
        }

        List<Section> sections = new(count);
        for (int i = 0; i < count; i++)
        {
            int at = Offset(elf, (ulong)table + ((ulong)i * (ulong)entrySize), 64);
            uint type = U32(elf, at + 4);
            ulong size = U64(elf, at + 32);

            // A section without bytes in the file (SHT_NOBITS, 8) may state any size.
            bool empty = type is 0 or 8;
            int offset = empty ? 0 : Offset(elf, U64(elf, at + 24), size);
            sections.Add(new Section(type, offset, empty ? 0 : (int)size, (int)Math.Min(U32(elf, at + 40), int.MaxValue)));
        }

        return sections;
    }

    private static List<Need> Needs(ReadOnlySpan<byte> elf, List<Section> sections)
    {
        List<Need> needs = [];
        foreach (Section section in sections.Where(section => section.Type == SectionVersionNeed))
        {
            ReadOnlySpan<byte> bytes = elf.Slice(section.Offset, section.Size);
            if (section.Link >= sections.Count)
            {
                throw new InvalidDataException("The version section has no string table.");
            }

            Section strings = sections[section.Link];
            ReadOnlySpan<byte> text = elf.Slice(strings.Offset, strings.Size);
            for (uint file = 0, step; ; file += step)
            {
                int entry = Offset(bytes, file, 16);
                int count = U16(bytes, entry + 2);
                uint aux = file + U32(bytes, entry + 8);
                for (int i = 0; i < count; i++)
                {
                    int at = Offset(bytes, aux, 16);
                    string version = Name(text, U32(bytes, at + 8));
                    needs.Add(new Need(version, section.Offset + at + 4, U16(bytes, at + 4), U16(bytes, at + 6)));
                    aux += U32(bytes, at + 12);
                }

                step = U32(bytes, entry + 12);
                if (step == 0)
                {
                    break;
                }

                if (step < 16)
                {
                    throw new InvalidDataException("The version section runs in a circle.");
                }
            }
        }

        return needs;
    }

    /// <summary>Whether a relocation refers to a symbol of the version with this index.</summary>
    private static bool IsUsed(ReadOnlySpan<byte> elf, List<Section> sections, ushort index)
    {
        Section versions = sections.Find(section => section.Type == SectionVersionIndex);
        foreach (Section section in sections)
        {
            bool dynamic = section.Type == SectionRelocations
                && section.Link < sections.Count && sections[section.Link].Type == SectionDynamicSymbols;
            for (int at = 0; dynamic && at + 24 <= section.Size; at += 24)
            {
                uint symbol = U32(elf, section.Offset + at + 12);
                if (symbol != 0 && (ulong)symbol * 2 + 2 <= (ulong)versions.Size
                    && (U16(elf, versions.Offset + ((int)symbol * 2)) & 0x7fff) == index)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static string Name(ReadOnlySpan<byte> strings, uint at)
    {
        int start = Offset(strings, at, 1);
        int length = strings[start..].IndexOf((byte)0);
        return length >= 0
            ? Encoding.ASCII.GetString(strings.Slice(start, length))
            : throw new InvalidDataException("A version name does not end.");
    }

    private static int Offset(ReadOnlySpan<byte> bytes, ulong at, ulong size)
        => at <= (ulong)bytes.Length && size <= (ulong)bytes.Length - at
            ? (int)at
            : throw new InvalidDataException($"The ELF file is damaged: bytes {at} to {at + size} lie outside its {bytes.Length}.");

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
