namespace Microsoft.ML.RewardModeling;

/// <summary>What a model's tokens cost, in any one currency.</summary>
/// <param name="InputPerMillion">Price of a million tokens sent, at least 0.</param>
/// <param name="OutputPerMillion">Price of a million tokens received, at least 0.</param>
public sealed record TeacherPrice(decimal InputPerMillion, decimal OutputPerMillion)
{
    /// <summary>The price of these tokens.</summary>
    /// <param name="inputTokens">Tokens sent.</param>
    /// <param name="outputTokens">Tokens received.</param>
    public decimal Of(long inputTokens, long outputTokens) => ((inputTokens * InputPerMillion) + (outputTokens * OutputPerMillion)) / 1_000_000m;
}
