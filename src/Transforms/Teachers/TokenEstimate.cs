namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// Tokens that a request will take, before anybody knows: three characters a token and a thousand tokens of reply at
/// first, then what the provider has reported; rather too many than too few.
/// </summary>
internal sealed class TokenEstimate(int? maxOutputTokens)
{
    private const double Caution = 1.1;
    private const double Smoothing = 0.05;
    private const long FirstReply = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long LongestReply, double MostPerCharacter)> _tasks = [];
    private double _tokensPerCharacter = 1 / 3.0;

    /// <summary>For a text whose tokens nobody reports.</summary>
    public static long Of(string text) => (text.Length + 2) / 3;

    /// <summary>For the limits of a minute: tokens of the request, and of the longest reply to expect.</summary>
    public (long Input, long Output) Of(string task, string request)
    {
        lock (_gate)
        {
            long longest = _tasks.TryGetValue(task, out (long Longest, double) known) ? known.Longest : FirstReply;
            return ((long)Math.Ceiling(request.Length * _tokensPerCharacter * Caution), Math.Min(longest, maxOutputTokens ?? long.MaxValue));
        }
    }

    /// <summary>
    /// For a budget, which must not be exceeded: the most tokens a character that this task's requests have taken (one, before
    /// the first), and the most tokens that a reply may have (the longest so far, where nothing limits it).
    /// </summary>
    public (long Input, long Output) MostOf(string task, string request)
    {
        lock (_gate)
        {
            (long longest, double perCharacter) = _tasks.TryGetValue(task, out (long, double) known) ? known : (FirstReply, 1 / Caution);
            return ((long)Math.Ceiling(request.Length * perCharacter * Caution), maxOutputTokens ?? longest);
        }
    }

    public void Learn(string task, string request, long input, long output)
    {
        double perCharacter = (double)input / Math.Max(1, request.Length);
        lock (_gate)
        {
            _tokensPerCharacter += Smoothing * (perCharacter - _tokensPerCharacter);
            (long longest, double most) = _tasks.GetValueOrDefault(task);
            _tasks[task] = (Math.Max(output, longest), Math.Max(perCharacter, most));
        }
    }
}
