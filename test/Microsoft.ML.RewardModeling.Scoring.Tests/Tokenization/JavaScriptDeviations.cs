namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>
/// Where the JavaScript packages are known to differ from Hugging Face's tokenizers (Rust), which they and we follow: each case with its proof,
/// as narrow as it can be.
/// </summary>
internal static class JavaScriptDeviations
{
    private static readonly string[] Normalized = ["<unk>", "<|start_story|>", "<|end_story|>"];

    /// <summary>The text without what the package reads differently with this tokenizer.</summary>
    public static string Avoid(string name, string text) => name switch
    {
        "tinystories-656k" when IsTokenInOtherWords(text) => text.Replace("<", "", StringComparison.Ordinal),
        "wordpiece" => WithoutFarIdeographs(text).Replace('Σ', 'Λ'),
        _ => text,
    };

    // JavaScript's toLowerCase makes a final sigma (ς) of the last Σ of a word; normalizer.rs lowers each character by itself (σ).
    // BertNormalizer of tokenizers 0.2.0 looks at UTF-16 units (charCodeAt), so it puts no spaces around ideographs beyond U+FFFF; bert.rs looks
    // at characters and names these blocks.
    private static string WithoutFarIdeographs(string text) =>
        string.Concat(text.EnumerateRunes().Where(rune => rune.Value is < 0x20000 or > 0x2FA1F).Select(rune => rune.ToString()));

    // Its added tokens are looked for in normalized text, as "▁<unk>" and so on. tokenizers 0.2.0 also takes a stretch that is left between two
    // of them, or the text before it is normalized, for a token where it merely has its words (encode_text: added_tokens_map.has(processed_text)
    // and .has(subsection)). In Rust nothing but a match is a token (added_vocabulary.rs: find_matches, extract_and_normalize).
    private static bool IsTokenInOtherWords(string text)
    {
        string[] found = [.. Normalized.Select(token => "▁" + token)];
        string normalized = "▁" + text.Replace(' ', '▁');
        return found.Contains(text) || normalized.Split(found, StringSplitOptions.None).Any(Normalized.Contains);
    }
}
