using System.Text;
using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>Damaged tokenizer files give an error or a result: no crash, no hang, no flood of memory.</summary>
[TestClass]
public sealed class TokenizerFuzzTests
{
    private const int Files = 50_000;
    private const long Slack = 64 << 20;

    private static readonly string[] Seeds =
    [
        """{"added_tokens":[{"id":8,"content":"<s>","single_word":false,"lstrip":true,"rstrip":false,"normalized":false,"special":true},{"id":9,"content":"ab","single_word":true,"normalized":true}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"String":" "},"content":"▁"},{"type":"Prepend","prepend":"▁"}]},"pre_tokenizer":null,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[8],"tokens":["<s>"]}}},"decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},"model":{"type":"BPE","dropout":null,"unk_token":"a","continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,"byte_fallback":true,"ignore_merges":false,"vocab":{"a":0,"b":1,"▁":2,"ab":3,"▁a":4,"▁ab":5,"<0xC3>":6,"<0xA9>":7},"merges":["a b","▁ a","▁ ab"]}}""",
        """{"added_tokens":[{"id":5,"content":"<|x|>","special":true}],"normalizer":{"type":"Sequence","normalizers":[{"type":"Lowercase"},{"type":"StripAccents"},{"type":"Nmt"}]},"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false},{"type":"Digits","individual_digits":true},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}]},"post_processor":{"type":"Sequence","processors":[{"type":"ByteLevel","trim_offsets":false},{"type":"RobertaProcessing","sep":["a",0],"cls":["b",1]}]},"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","ignore_merges":true,"vocab":{"a":0,"b":1,"Ġ":2,"ab":3,"Ġa":4},"merges":[["a","b"],["Ġ","a"]]}}""",
        """{"normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"BertProcessing","sep":["[SEP]",1],"cls":["[CLS]",2]},"decoder":{"type":"WordPiece","prefix":"##","cleanup":true},"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"a":1,"##b":2,"ab":3}}}""",
        """{"normalizer":{"type":"Precompiled","precompiled_charsmap":"DAAAAAAEAAABAAAAYQAAAGEA"},"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true},"decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["a",-1.5],["▁",-2],["▁ab",-0.25],["<0xC3>",-9]]},"added_tokens":[{"id":1,"content":"a","rstrip":true,"normalized":true}]}""",
    ];

    // What replaces values: of every kind, at and beyond the edges.
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "-1", "1", "2147483647", "2147483648", "-2147483648", "1e308", "0.5", "\"\"", "\"a\"", "\" \"", "\"▁\"", "\"(\"", "\"(a+)+b\"", "\"\\\\p{Han}\"",
        "\"a{1000}{1000}\"", "\"\\ud800\"", "\"\\u0000\"", "\"BPE\"", "\"Unigram\"", "\"WordPiece\"", "\"WordLevel\"", "\"Sequence\"", "\"NFKD\"", "\"Replace\"", "\"Metaspace\"", "\"Split\"",
        "\"FixedLength\"", "\"UnicodeScripts\"", "\"Whitespace\"", "\"ByteLevel\"", "[]", "{}", "[[]]", "[null]", "{\"type\":\"Sequence\"}", "{\"String\":\"\"}", "{\"Regex\":\"\"}", "{\"Regex\":\"a*\"}",
        "{\"String\":\"a\"}", "[\"a\",1]", "[\"a\",\"b\"]", "{\"a\":0}", "{\"type\":\"Prepend\",\"prepend\":\"aa\"}", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
    ];

    private static readonly string[] Texts = ["ab a<s> é ab", "", "<|x|>12 AB's \t\n", "日本𠀀 ab", new string('a', 300)];

    [TestMethod]
    [Timeout(300_000, CooperativeCancellation = true)]
    public void Load_MutatedFiles_IsAnErrorOrAResult()
    {
        using TemporaryFolder folder = new();
        JsonNode[] seeds = [.. Seeds.Select(seed => JsonNode.Parse(seed)!)];
        int results = 0;
        for (int i = 0; i < Files; i++)
        {
            Random random = new(i);
            byte[] file = i % 3 == 0 ? Bytes(random) : Structure(random, seeds[random.Next(seeds.Length)].DeepClone());
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using MemoryStream stream = new(file);
                HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.Read(stream, folder.Path);
                foreach (string text in Texts)
                {
                    tokenizer.Decode(tokenizer.Encode(text, addSpecialTokens: true), skipSpecialTokens: random.Next(2) == 0);
                }

                results++;
            }
            catch (RewardScoringException)
            {
                // The file is refused.
            }
            catch (Exception exception)
            {
                Assert.Fail($"file {i}: {exception}\n{Encoding.UTF8.GetString(file)}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (allocated > (2 * file.Length) + Slack)
            {
                Assert.Fail($"file {i}: {allocated} bytes for a file of {file.Length}\n{Encoding.UTF8.GetString(file)}");
            }
        }

        // Most damage makes a file useless, some does not: both must occur, or the test tests nothing.
        Assert.IsTrue(results > Files / 20 && results < Files * 19 / 20, $"{results} of {Files} files were read");
    }

    private static byte[] Bytes(Random random)
    {
        List<byte> bytes = [.. Encoding.UTF8.GetBytes(Seeds[random.Next(Seeds.Length)])];
        for (int changes = random.Next(1, 6); changes > 0; changes--)
        {
            int place = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(place, Math.Min(random.Next(1, 20), bytes.Count - place - 1));
                    break;
                case 3:
                    bytes.InsertRange(place, Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]));
                    break;
                default:
                    bytes.InsertRange(place, bytes.GetRange(place, Math.Min(random.Next(1, 60), bytes.Count - place)));
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Structure(Random random, JsonNode root)
    {
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            List<JsonNode> containers = [];
            Collect(root, containers);
            JsonNode? value = JsonNode.Parse(Values[random.Next(Values.Length)].Replace("\\ud800", "x", StringComparison.Ordinal));
            switch (containers[random.Next(containers.Count)])
            {
                case JsonArray { Count: > 0 } list when random.Next(3) == 0:
                    list.RemoveAt(random.Next(list.Count));
                    break;
                case JsonArray { Count: > 0 } list when random.Next(2) == 0:
                    list[random.Next(list.Count)] = value;
                    break;
                case JsonArray { Count: > 0 } list:
                    for (int copies = random.Next(1, 40); copies > 0; copies--)
                    {
                        list.Add(list[random.Next(list.Count)]?.DeepClone());
                    }

                    break;
                case JsonObject { Count: > 0 } map:
                    string name = map.ElementAt(random.Next(map.Count)).Key;
                    if (random.Next(4) == 0)
                    {
                        map.Remove(name);
                    }
                    else if (random.Next(3) == 0 && containers[random.Next(containers.Count)].DeepClone() is var other)
                    {
                        map[name] = other;
                    }
                    else
                    {
                        map[name] = value;
                    }

                    break;
            }
        }

        return Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    private static void Collect(JsonNode? node, List<JsonNode> containers)
    {
        if (node is JsonObject map)
        {
            containers.Add(map);
            foreach (KeyValuePair<string, JsonNode?> entry in map)
            {
                Collect(entry.Value, containers);
            }
        }
        else if (node is JsonArray list)
        {
            containers.Add(list);
            foreach (JsonNode? item in list)
            {
                Collect(item, containers);
            }
        }
    }
}
