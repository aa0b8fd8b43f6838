namespace Microsoft.ML.RewardModeling.Losses;

/// <summary>How much each labelled token counts.</summary>
internal static class TokenWeighting
{
    /// <summary>
    /// The weight of every labelled token, samples one after the other: 1 / (tokens of its sample x samples), so that long
    /// answers do not outvote short ones. Samples of 2 and 1 tokens give 1/4, 1/4, 1/2.
    /// </summary>
    /// <param name="tokensPerSample">Labelled tokens of each sample, each at least 1.</param>
    public static float[] PerSample(IReadOnlyList<int> tokensPerSample)
        => [.. tokensPerSample.SelectMany(tokens => Enumerable.Repeat(1f / ((float)tokens * tokensPerSample.Count), tokens))];
}
