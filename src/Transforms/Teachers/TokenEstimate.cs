namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// Tokens that a request will take, before anybody knows: three characters a token and a thousand tokens of reply at
/// first, then what the provider has reported; rather too many than too few.
/// </summary>
internal sealed class TokenEstimate(int? maxOutputTokens)
{
    private const double Caution = 1.1;
    private const double Smoothing = 0.05;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Longest, double Mean)> _replies = [];
    private double _tokensPerCharacter = 1 / 3.0;

    /// <returns>Tokens of the request, of the longest reply to expect, and of a usual one (0 before the first).</returns>
    public (long Input, long Output, long UsualOutput) Of(string task, string request)
    {
        lock (_gate)
        {
            (long longest, double mean) = _replies.TryGetValue(task, out (long, double) known) ? known : (1024, 0);
            return ((long)Math.Ceiling(request.Length * _tokensPerCharacter * Caution), Math.Min(longest, maxOutputTokens ?? long.MaxValue), (long)mean);
        }
    }

    public void Learn(string task, string request, long input, long output)
    {
        lock (_gate)
        {
            _tokensPerCharacter += Smoothing * (((double)input / Math.Max(1, request.Length)) - _tokensPerCharacter);
            (long longest, double mean) = _replies.GetValueOrDefault(task, (output, output));
            _replies[task] = (Math.Max(output, longest), mean + (Smoothing * (output - mean)));
        }
    }
}
