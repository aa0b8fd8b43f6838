namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>A prompt with its answer as the token ids the model reads. The reward is read at the last id.</summary>
/// <param name="Ids">Token ids, prompt first; at least two.</param>
/// <param name="PromptLength">How many leading ids belong to the prompt: 1 &lt;= <paramref name="PromptLength"/> &lt; length of <paramref name="Ids"/>.</param>
/// <param name="Truncated">Whether ids were left out to stay within the maximum length.</param>
public sealed record EncodedText(int[] Ids, int PromptLength, bool Truncated);
