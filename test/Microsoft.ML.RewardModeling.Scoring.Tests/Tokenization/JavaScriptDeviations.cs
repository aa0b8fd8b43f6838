namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>
/// Where the JavaScript packages are known to differ from Hugging Face's tokenizers (Rust), which they and we follow: each case with its proof,
/// as narrow as it can be.
/// </summary>
internal static class JavaScriptDeviations
{
    /// <summary>The text without what the package reads differently.</summary>
    public static string Avoid(string library, string directory, string text)
    {
        _ = (library, directory);
        return text;
    }
}
