using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.ML.RewardModeling.Models.Weights;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models.Weights;

/// <summary>Damaged and hostile files: every one is refused with a clear error, or read exactly as its header says.</summary>
[TestClass]
public sealed class SafetensorsFuzzTests
{
    private const int Headers = 50_000;

    /// <summary>Every so many headers go through a real file as well, which costs the system more than the parsing.</summary>
    private const int FileEvery = 10;

    private const long Allowance = 64 << 20;

    private static readonly string[] Good =
    [
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[2,1],"data_offsets":[8,12]}}""",
        """{"__metadata__":{"format":"pt","model.embed_tokens.weight":"lm_head.weight"},"lm_head.weight":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}}""",
        """{"b":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[8,12]},"a":{"dtype":"F64","shape":[],"data_offsets":[0,8]},"z":{"dtype":"I8","shape":[3,0],"data_offsets":[12,12]}}     """,
        """{"q":{"dtype":"F4","shape":[6,2],"data_offsets":[0,6]},"r":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[6,9]},"s":{"dtype":"BOOL","shape":[1,1,3],"data_offsets":[9,12]}}""",
    ];

    private static readonly string[] Pieces =
    [
        "-1", "0", "1", "3", "12", "1e3", "0.5", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551615", "true", "null", "{}", "[]",
        "\"\"", "\"F32\"", "\"F4\"", "\"I64\"", "\"C64\"", "\"Q8\"", ",", ":", "[", "]", "{", "}", "\"", "\\u0000", "\\ud800", "\0", " ", "__metadata__",
        "data_offsets", "shape", "dtype", "[[[[[[[[[[[[[[[[", "[0,0]", "[0,12]", "[12,0]", "[0,0,0,0]",
    ];

    [TestMethod]
    public void Open_MutatedHeaders_FailCleanlyOrReadWhatTheHeaderSays()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(20260);
        string path = folder["fuzz.safetensors"];
        int accepted = 0;
        long mostAllocated = 0;
        TimeSpan longest = TimeSpan.Zero;
        for (int i = 0; i < Headers; i++)
        {
            byte[] content = Mutate(random);
            bool inFile = i % FileEvery == 0;
            if (inFile)
            {
                File.WriteAllBytes(path, content);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            try
            {
                IReadOnlyList<SafetensorsEntry> entries = Parse(content, path);
                mostAllocated = Math.Max(mostAllocated, GC.GetAllocatedBytesForCurrentThread() - before - (2 * content.Length));
                longest = Longer(longest, start);
                CheckAgainstHeader(entries, content);
                accepted++;
                if (inFile)
                {
                    using SafetensorsFile file = SafetensorsFile.Open(path);
                    CheckData(file, entries, content);
                }
            }
            catch (RewardModelingException error)
            {
                mostAllocated = Math.Max(mostAllocated, GC.GetAllocatedBytesForCurrentThread() - before - (2 * content.Length));
                longest = Longer(longest, start);
                StringAssert.Contains(error.Message, path);
                if (inFile)
                {
                    Assert.ThrowsExactly<RewardModelingException>(() => SafetensorsFile.Open(path).Dispose());
                }
            }
        }

        Console.WriteLine(
            $"{Headers} headers: {accepted} accepted, {Headers - accepted} refused; at most 2 x size + {mostAllocated} bytes allocated, {longest.TotalMilliseconds:F1} ms for the slowest");
        Assert.IsTrue(mostAllocated <= Allowance, $"{mostAllocated} bytes");
        Assert.IsTrue(accepted is > 500 and < Headers / 2, $"{accepted} of {Headers} accepted: the mutations test nothing");
    }

    /// <summary>Headers of 24 MB that would take many times their size if every part were believed.</summary>
    [TestMethod]
    [DataRow("tensors", DisplayName = "empty tensors")]
    [DataRow("metadata", DisplayName = "metadata entries")]
    [DataRow("dimensions", DisplayName = "dimensions")]
    [DataRow("name", DisplayName = "one long name")]
    [DataRow("dtype", DisplayName = "one long type")]
    [DataRow("escapes", DisplayName = "one long escaped metadata value")]
    [DataRow("field", DisplayName = "one long field name")]
    [DataRow("depth", DisplayName = "brackets")]
    public void Open_HeaderMadeToSwell_StaysWithinTheAllowance(string kind)
    {
        const int Size = 24_000_000;
        using var folder = new TemporaryFolder();
        string header = kind switch
        {
            "tensors" => Repeat(Size, i => $"\"{i:x}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"),
            "metadata" => "{\"__metadata__\":" + Repeat(Size, i => $"\"{i:x}\":\"\"") + "}",
            "dimensions" => "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + string.Join(',', Enumerable.Repeat("1", Size / 2)) + "],\"data_offsets\":[0,1]}}",
            "name" => "{\"" + new string('n', Size) + "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
            "dtype" => "{\"a\":{\"dtype\":\"" + new string('F', Size) + "\",\"shape\":[0],\"data_offsets\":[0,0]}}",
            "escapes" => "{\"__metadata__\":{\"a\":\"" + string.Concat(Enumerable.Repeat("\\n", Size / 2)) + "\"}}",
            "field" => "{\"a\":{\"" + new string('F', Size) + "\":1}}",
            _ => new string('{', 1) + "\"a\":" + new string('[', Size),
        };
        string path = folder["swell.safetensors"];
        Write(path, Encoding.UTF8.GetBytes(header), []);
        header = "";
        long size = new FileInfo(path).Length;
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.ThrowsExactly<RewardModelingException>(() => SafetensorsFile.Open(path).Dispose());

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.IsTrue(allocated <= (2 * size) + Allowance, $"{allocated} bytes for a file of {size}");
    }

    /// <summary>What the limits let through stays within the allowance too.</summary>
    [TestMethod]
    public void Open_AsManyTensorsAsTheLimitAllows_StaysWithinTheAllowance()
    {
        using var folder = new TemporaryFolder();
        string path = folder["many.safetensors"];
        Write(path, Encoding.UTF8.GetBytes(Repeat(int.MaxValue, i => $"\"{i:x}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", SafetensorsHeader.MaxEntries)), []);
        long size = new FileInfo(path).Length;
        long before = GC.GetAllocatedBytesForCurrentThread();

        using SafetensorsFile file = SafetensorsFile.Open(path);

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.AreEqual(SafetensorsHeader.MaxEntries, file.Tensors.Count);
        Assert.IsTrue(allocated <= (2 * size) + Allowance, $"{allocated} bytes for a file of {size}");
    }

    private static string Repeat(int length, Func<int, string> entry, int count = int.MaxValue)
    {
        StringBuilder text = new("{");
        for (int i = 0; text.Length < length && i < count; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(entry(i));
        }

        return text.Append('}').ToString();
    }

    /// <summary>One to four changes of a good file: bytes, numbers, pieces of JSON, cuts, copies, the length field, the data.</summary>
    private static byte[] Mutate(Random random)
    {
        List<byte> header = [.. Encoding.UTF8.GetBytes(Good[random.Next(Good.Length)])];
        long lengthError = 0;
        int dataLength = 12;
        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            int at = random.Next(header.Count + 1);
            switch (random.Next(9))
            {
                case 0 when at < header.Count:
                    header[at] = (byte)random.Next(256);
                    break;
                case 1 when at < header.Count:
                    header[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    header.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 3:
                    ReplaceNumber(header, random);
                    break;
                case 4:
                    header.RemoveRange(at, random.Next(Math.Min(20, header.Count - at) + 1));
                    break;
                case 5:
                    header.InsertRange(at, header.GetRange(at, random.Next(Math.Min(60, header.Count - at) + 1)));
                    break;
                case 6 when random.Next(4) == 0:
                    lengthError = random.Next(3) switch { 0 => random.Next(-20, 20), 1 => long.MinValue, _ => random.NextInt64() };
                    break;
                case 7 when random.Next(4) == 0:
                    dataLength = random.Next(24);
                    break;
                default:
                    // Trailing spaces are allowed, so some files stay good.
                    header.AddRange(Enumerable.Repeat((byte)' ', random.Next(9)));
                    break;
            }
        }

        byte[] data = new byte[dataLength];
        random.NextBytes(data);
        byte[] content = new byte[8 + header.Count + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(content, unchecked(header.Count + lengthError));
        header.CopyTo(content, 8);
        data.CopyTo(content, 8 + header.Count);
        return random.Next(40) == 0 ? content[..random.Next(content.Length)] : content;
    }

    private static void ReplaceNumber(List<byte> header, Random random)
    {
        int[] digits = [.. Enumerable.Range(0, header.Count).Where(i => char.IsAsciiDigit((char)header[i]))];
        if (digits.Length > 0)
        {
            int at = digits[random.Next(digits.Length)];
            header.RemoveAt(at);
            string number = random.Next(3) == 0 ? Pieces[random.Next(11)] : random.Next(14).ToString(CultureInfo.InvariantCulture);
            header.InsertRange(at, Encoding.UTF8.GetBytes(number));
        }
    }

    private static TimeSpan Longer(TimeSpan longest, long start)
        => TimeSpan.FromTicks(Math.Max(longest.Ticks, Stopwatch.GetElapsedTime(start).Ticks));

    private static IReadOnlyList<SafetensorsEntry> Parse(byte[] content, string path)
    {
        int length = SafetensorsHeader.CheckLength(content, content.Length, path);
        return SafetensorsHeader.Parse(content.AsSpan(8, length), content.Length - 8 - length, path).Entries;
    }

    /// <summary>A second, plain reading of an accepted header: the same tensors, whole bytes, no byte twice and none left over.</summary>
    private static void CheckAgainstHeader(IReadOnlyList<SafetensorsEntry> found, byte[] content)
    {
        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(content);
        using JsonDocument header = JsonDocument.Parse(content.AsMemory(8, headerLength));
        JsonProperty[] entries = [.. header.RootElement.EnumerateObject().Where(p => p.Name != "__metadata__")];
        int[] owners = new int[content.Length - 8 - headerLength];
        Assert.AreEqual(entries.Length, found.Count);
        foreach (JsonProperty entry in entries)
        {
            SafetensorsEntry tensor = found.Single(t => t.Name == entry.Name);
            int begin = entry.Value.GetProperty("data_offsets")[0].GetInt32(), end = entry.Value.GetProperty("data_offsets")[1].GetInt32();
            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64())];
            CollectionAssert.AreEqual(shape, tensor.Shape);
            Assert.AreEqual(entry.Value.GetProperty("dtype").GetString(), tensor.Dtype);
            Assert.AreEqual(((end - begin) * 8L, (long)begin, (long)end), (shape.Aggregate((long)SafetensorsDtype.BitsOf(tensor.Dtype), (a, b) => a * b), tensor.Begin, tensor.End));
            for (int i = begin; i < end; i++)
            {
                owners[i]++;
            }
        }

        Assert.IsTrue(owners.All(count => count == 1));
    }

    /// <summary>The open file gives exactly the bytes of the parsed ranges, and every readable tensor as numbers.</summary>
    private static void CheckData(SafetensorsFile file, IReadOnlyList<SafetensorsEntry> entries, byte[] content)
    {
        int start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(content);
        Assert.AreEqual(entries.Count, file.Tensors.Count);
        foreach (SafetensorsEntry entry in entries)
        {
            Assert.IsTrue(file.TryGet(entry.Name, out SafetensorsTensor? tensor));
            Assert.IsTrue(content.AsSpan(start + (int)entry.Begin, (int)(entry.End - entry.Begin)).SequenceEqual(tensor.Bytes(0, (int)tensor.ByteLength)));
            if (SafetensorsDtype.IsReadable(tensor.Dtype))
            {
                Assert.AreEqual(entry.Shape.Aggregate(1L, (a, b) => a * b), tensor.ToSingles().Length);
            }
        }
    }

    private static void Write(string path, byte[] header, byte[] data)
    {
        using FileStream stream = File.Create(path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        stream.Write(data);
    }
}
