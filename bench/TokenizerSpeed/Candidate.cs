using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace TokenizerSpeed;

/// <summary>A tokenizer of Microsoft.ML.Tokenizers, set up by hand as near to a tokenizer.json as its options allow.</summary>
internal sealed record Candidate(string Name, Func<string, IReadOnlyList<int>> Encode)
{
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static List<Candidate> For(string folder)
    {
        JsonElement root = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json"))).RootElement;
        JsonElement model = root.GetProperty("model");
        if (model.TryGetProperty("type", out JsonElement type) && type.GetString() != "BPE")
        {
            return [];
        }

        Dictionary<string, int> vocabulary = model.GetProperty("vocab").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetInt32());
        Dictionary<string, int> special = root.GetProperty("added_tokens").EnumerateArray().ToDictionary(
            token => token.GetProperty("content").GetString()!, token => token.GetProperty("id").GetInt32());
        bool composes = root.TryGetProperty("normalizer", out JsonElement normalizer) && normalizer.GetRawText().Contains("\"NFC\"", StringComparison.Ordinal);
        return root.GetProperty("pre_tokenizer").GetRawText().Contains("\"ByteLevel\"", StringComparison.Ordinal)
            ? ByteLevel(root, model, vocabulary, special, composes)
            : [SentencePiece(root, model, vocabulary, special)];
    }

    private static List<Candidate> ByteLevel(
        JsonElement root, JsonElement model, Dictionary<string, int> vocabulary, Dictionary<string, int> special, bool composes)
    {
        string pattern = Pattern(root.GetProperty("pre_tokenizer")) ?? Gpt2;
        Regex regex = new(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant);
        BpeTokenizer bpe = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = model.GetProperty("merges").EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Array ? $"{item[0]} {item[1]}" : item.GetString()!),
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(regex, special),
            SpecialTokens = special,
        });
        List<Candidate> result = [new("BpeTokenizer", text => bpe.EncodeToIds(composes ? text.Normalize() : text))];

        // The file format of tiktoken: bytes in base 64 and their rank, which is the id.
        StringBuilder ranks = new();
        foreach ((string token, int id) in vocabulary.OrderBy(entry => entry.Value).Where(entry => !special.ContainsKey(entry.Key)))
        {
            ranks.Append(Convert.ToBase64String(Bytes(token))).Append(' ').Append(id).Append('\n');
        }

        using MemoryStream stream = new(Encoding.ASCII.GetBytes(ranks.ToString()));
        TiktokenTokenizer tiktoken = TiktokenTokenizer.Create(stream, new RegexPreTokenizer(regex, special), null, special);
        result.Add(new("TiktokenTokenizer", text => tiktoken.EncodeToIds(composes ? text.Normalize() : text)));
        return result;
    }

    // A sentencepiece model (sentencepiece_model.proto) written from the file: a piece's score is the rank of the first merge that makes it.
    private static Candidate SentencePiece(JsonElement root, JsonElement source, Dictionary<string, int> vocabulary, Dictionary<string, int> special)
    {
        Dictionary<string, int> ranks = [];
        foreach (JsonElement item in source.GetProperty("merges").EnumerateArray())
        {
            string merged = item.ValueKind == JsonValueKind.Array
                ? item[0].GetString() + item[1].GetString()
                : string.Concat(item.GetString()!.Split(' '));
            ranks.TryAdd(merged, ranks.Count);
        }

        MemoryStream model = new();
        foreach (string token in vocabulary.OrderBy(entry => entry.Value).Select(entry => entry.Key))
        {
            int kind = token == "<unk>" ? 2 : special.ContainsKey(token) ? 3 : token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) ? 6 : 1;
            MemoryStream piece = new();
            Field(piece, 1, Encoding.UTF8.GetBytes(token));
            piece.WriteByte((2 << 3) | 5);
            piece.Write(BitConverter.GetBytes(kind == 1 ? -(float)ranks.GetValueOrDefault(token, ranks.Count) : 0f));
            piece.Write([3 << 3, (byte)kind]);
            Field(model, 1, piece.ToArray());
        }

        bool prefix = root.GetRawText().Contains("\"Prepend\"", StringComparison.Ordinal);
        MemoryStream trainer = new();
        Number(trainer, 3, 2); // model_type BPE
        Number(trainer, 35, 1); // byte_fallback
        Number(trainer, 40, vocabulary.GetValueOrDefault("<unk>"));
        Number(trainer, 41, special.Values.Order().ElementAtOrDefault(1));
        Number(trainer, 42, special.Values.Order().ElementAtOrDefault(2));
        Field(model, 2, trainer.ToArray());
        MemoryStream normalizer = new();
        Field(normalizer, 1, "identity"u8.ToArray());
        Number(normalizer, 3, prefix ? 1 : 0); // add_dummy_prefix
        Number(normalizer, 4, 0); // remove_extra_whitespaces
        Number(normalizer, 5, 1); // escape_whitespaces
        Field(model, 3, normalizer.ToArray());
        model.Position = 0;
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.Create(model, false, false, special);
        return new("SentencePieceTokenizer", text => tokenizer.EncodeToIds(text));
    }

    private static string? Pattern(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty("Regex", out JsonElement regex))
        {
            return regex.GetString();
        }

        return element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().Select(property => Pattern(property.Value)).FirstOrDefault(found => found is not null),
            JsonValueKind.Array => element.EnumerateArray().Select(Pattern).FirstOrDefault(found => found is not null),
            _ => null,
        };
    }

    private static byte[] Bytes(string token)
    {
        List<int> extra = [.. Enumerable.Range(0, 256).Where(b => b is not ((>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF)))];
        return [.. token.Select(c => (byte)(c >= 256 ? extra[c - 256] : c))];
    }

    private static void Field(MemoryStream stream, int number, byte[] value)
    {
        Varint(stream, (number << 3) | 2);
        Varint(stream, value.Length);
        stream.Write(value);
    }

    private static void Number(MemoryStream stream, int number, int value)
    {
        Varint(stream, number << 3);
        Varint(stream, value);
    }

    private static void Varint(MemoryStream stream, int value)
    {
        for (; value > 127; value >>= 7)
        {
            stream.WriteByte((byte)(value | 128));
        }

        stream.WriteByte((byte)value);
    }
}
