using System.Text.Json.Nodes;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>Tokenizers with vocabularies made of random texts, for models that no package at hand has a vocabulary of.</summary>
internal static class MadeVocabularies
{
    /// <summary>
    /// As XLM-RoBERTa's and T5's: Metaspace, unigram scores, unknown tokens. Without splitting at the marks, which Metaspace in tokenizers 0.2.0
    /// (pre_tokenize_text) never does, whatever the file says; metaspace.rs does.
    /// </summary>
    public static TemporaryFolder Unigram()
    {
        Random random = new(31);
        JsonArray vocabulary = [new JsonArray("<unk>", 0.0), new JsonArray("<s>", 0.0), new JsonArray("</s>", 0.0), new JsonArray("▁", -3.5)];
        HashSet<string> known = ["<unk>", "<s>", "</s>", "▁"];
        foreach (string piece in Pieces(32, 1500))
        {
            string token = (random.Next(3) == 0 ? "▁" : "") + piece.Replace(' ', '▁');
            // A mark inside a first token tells the decoders apart: decoders/metaspace of tokenizers 0.2.0 drops one, metaspace.rs all.
            if (token.LastIndexOf('▁') <= 0 && known.Add(token))
            {
                vocabulary.Add(new JsonArray(token, -4 - (random.NextDouble() * 10)));
            }
        }

        return Folder(new JsonObject
        {
            ["added_tokens"] = new JsonArray(Special(0, "<unk>"), Special(1, "<s>"), Special(2, "</s>")),
            ["normalizer"] = JsonNode.Parse("""{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":false}"""),
            ["post_processor"] = JsonNode.Parse(
                """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],"special_tokens":{"</s>":{"id":"</s>","ids":[2],"tokens":["</s>"]}}}"""),
            ["decoder"] = JsonNode.Parse("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}"""),
            ["model"] = new JsonObject { ["type"] = "Unigram", ["unk_id"] = 0, ["vocab"] = vocabulary, ["byte_fallback"] = false },
        });
    }

    /// <summary>As BERT's uncased: its normalizer, its pre-tokenizer, WordPiece.</summary>
    public static TemporaryFolder WordPiece()
    {
        Random random = new(33);
        JsonObject vocabulary = new() { ["[PAD]"] = 0, ["[UNK]"] = 1, ["[CLS]"] = 2, ["[SEP]"] = 3, ["[MASK]"] = 4 };
        foreach (string piece in Pieces(34, 2500).Select(piece => piece.Trim().ToLowerInvariant()).Where(piece => piece.Length > 0))
        {
            vocabulary.TryAdd(piece, vocabulary.Count);
            vocabulary.TryAdd("##" + piece, vocabulary.Count);
            if (random.Next(2) == 0)
            {
                vocabulary.TryAdd(piece[..1], vocabulary.Count);
                vocabulary.TryAdd("##" + piece[^1..], vocabulary.Count);
            }
        }

        return Folder(new JsonObject
        {
            ["added_tokens"] = new JsonArray(Special(0, "[PAD]"), Special(1, "[UNK]"), Special(2, "[CLS]"), Special(3, "[SEP]"), Special(4, "[MASK]")),
            ["normalizer"] = JsonNode.Parse("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"BertPreTokenizer"}"""),
            ["post_processor"] = JsonNode.Parse(
                """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":0}}],"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}}"""),
            ["decoder"] = JsonNode.Parse("""{"type":"WordPiece","prefix":"##","cleanup":false}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["continuing_subword_prefix"] = "##", ["max_input_chars_per_word"] = 100, ["vocab"] = vocabulary,
            },
        });
    }

    // Characters and short stretches of random texts; no piece ends inside a character.
    private static IEnumerable<string> Pieces(int seed, int count)
    {
        Random random = new(seed);
        foreach (string text in RandomTexts.Make(seed, count))
        {
            int[] starts = [.. Enumerable.Range(0, text.Length).Where(i => !char.IsLowSurrogate(text[i])), text.Length];
            for (int i = 0; i < 8 && starts.Length > 1; i++)
            {
                int start = random.Next(starts.Length - 1);
                int end = Math.Min(starts.Length - 1, start + random.Next(1, 5));
                yield return text[starts[start]..starts[end]];
            }
        }
    }

    private static JsonObject Special(int id, string content) => new()
    {
        ["id"] = id, ["content"] = content, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true,
    };

    private static TemporaryFolder Folder(JsonObject tokenizer) => TokenizerFolders.Write(tokenizer, """{"clean_up_tokenization_spaces":false}""");
}
