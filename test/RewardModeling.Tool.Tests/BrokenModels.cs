using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace RewardModeling.Tool.Tests;

/// <summary>Copies of a real model folder, each with one thing wrong.</summary>
internal static class BrokenModels
{
    public static string Truncated(string original, string copy)
    {
        string weights = CopyTo(original, copy);
        using FileStream stream = new(weights, FileMode.Open);
        stream.SetLength(stream.Length / 2);
        return copy;
    }

    /// <summary>The same bytes under another shape: <c>model.norm.weight</c> as a matrix of two columns.</summary>
    public static string WrongShape(string original, string copy) => WithHeader(original, copy, header =>
    {
        JsonArray shape = header["model.norm.weight"]!["shape"]!.AsArray();
        shape[0] = (int)shape[0]! / 2;
        shape.Add(2);
    });

    /// <summary>The same weights under a changed header, with more data at the end.</summary>
    public static string WithHeader(string original, string copy, Action<JsonObject> change, byte[]? more = null)
    {
        string path = CopyTo(original, copy);
        byte[] bytes = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        JsonObject header = JsonNode.Parse(bytes.AsSpan(8, length))!.AsObject();
        change(header);
        byte[] changed = Encoding.UTF8.GetBytes(header.ToJsonString());
        byte[] size = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(size, (ulong)changed.Length);
        File.WriteAllBytes(path, [.. size, .. changed, .. bytes.AsSpan(8 + length), .. more ?? []]);
        return copy;
    }

    /// <summary>A tokenizer with a token beyond the last row of the embedding.</summary>
    public static string ForeignTokenizer(string original, string copy)
    {
        CopyTo(original, copy);
        string path = Path.Combine(copy, "tokenizer.json");
        JsonObject tokenizer = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        tokenizer["added_tokens"]!.AsArray().Add(new JsonObject
        {
            ["id"] = 5000,
            ["content"] = "<|extra|>",
            ["single_word"] = false,
            ["lstrip"] = false,
            ["rstrip"] = false,
            ["normalized"] = false,
            ["special"] = true,
        });
        File.WriteAllText(path, tokenizer.ToJsonString());
        return copy;
    }

    private static string CopyTo(string original, string copy)
    {
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(original))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return Path.Combine(copy, "model.safetensors");
    }
}
