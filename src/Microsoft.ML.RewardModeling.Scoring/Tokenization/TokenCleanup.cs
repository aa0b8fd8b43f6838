namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>Takes out the spaces that splitting English text puts before punctuation and contractions.</summary>
internal static class TokenCleanup
{
    private static readonly (string From, string To)[] Common =
        [(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m")];

    private static readonly (string From, string To)[] Last = [(" 's", "'s"), (" 've", "'ve"), (" 're", "'re")];

    /// <summary>As the decoders of tokenizer.json do it, token by token.</summary>
    public static string Apply(string text) => Replace(Replace(Replace(text, Common), [(" do not", " don't")]), Last);

    /// <summary>As transformers does it on a whole text (<c>clean_up_tokenization_spaces</c>).</summary>
    public static string ApplyToText(string text) => Replace(Replace(text, Common), Last);

    private static string Replace(string text, (string From, string To)[] pairs) =>
        pairs.Aggregate(text, (current, pair) => current.Replace(pair.From, pair.To, StringComparison.Ordinal));
}
