using System.Text;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// The mean of the scores that a teacher might have written, weighted by how likely each was: finer than the one it wrote,
/// and no dearer (G-Eval, arXiv 2303.16634, section 2). Pure and total.
/// </summary>
/// <remarks>
/// What is added up are the alternatives to the token in which the score begins, each taken as the score that it spells
/// (1-10, half points allowed) and renormalised over those that spell one: words and numbers off the scale do not count.
/// Along the way that the teacher took, later tokens are weighed too, so "1" then "0", or "7" then ".5", is exact. Off that
/// way nothing is known of later tokens: "7" counts as 7, and "1", which a model that writes digit by digit also begins "10"
/// with, counts only if the reply shows tokens of two digits, and is left out otherwise.
/// </remarks>
internal static class ExpectedScore
{
    /// <summary>The expected score, rounded to four decimals so that the last bit of exp does not matter; null when it cannot be told.</summary>
    /// <param name="tokens">The reply's tokens with their alternatives.</param>
    /// <param name="context">The score as written with its announcement before it; must occur exactly once in the tokens.</param>
    /// <param name="scoreAt">Where in the context the score begins.</param>
    public static float? Of(IReadOnlyList<TokenLogProbabilities>? tokens, string context, int scoreAt)
    {
        if (tokens is null || scoreAt >= context.Length)
        {
            return null;
        }

        StringBuilder all = new();
        foreach (TokenLogProbabilities token in tokens)
        {
            all.Append(token.Token);
        }

        string reply = all.ToString();
        int at = reply.IndexOf(context, StringComparison.Ordinal);
        if (at < 0 || reply.IndexOf(context, at + 1, StringComparison.Ordinal) >= 0)
        {
            return null;
        }

        // The token in which the score begins, and what that token holds before it.
        int first = 0;
        int lead = at + scoreAt;
        while (lead >= tokens[first].Token.Length)
        {
            lead -= tokens[first++].Token.Length;
        }

        double? mean = Mean(tokens, first, tokens[first].Token[..lead], string.Empty, tokens.Any(HasTwoDigits));
        return mean is { } score ? (float)Math.Clamp(Math.Round(score, 4), 1, 10) : null;
    }

    /// <summary>The mean over the alternatives at one token, given the part of the score that stands before it.</summary>
    private static double? Mean(IReadOnlyList<TokenLogProbabilities> tokens, int index, string lead, string written, bool isOneWhole)
    {
        double sum = 0;
        double mass = 0;
        foreach ((string text, float logProbability) in Alternatives(tokens[index]))
        {
            double probability = Math.Exp(Math.Min(logProbability, 0));
            if (probability > 0 && Rest(text, lead, written) is { } rest
                && Value(tokens, index, text, rest, written, isOneWhole) is { } value)
            {
                sum += probability * value;
                mass += probability;
            }
        }

        return mass > 0 ? sum / mass : null;
    }

    private static double? Value(IReadOnlyList<TokenLogProbabilities> tokens, int index, string text, string rest, string written, bool isOneWhole)
    {
        int length = rest.Length - rest.AsSpan().TrimStart("0123456789.").Length;
        string score = written + rest[..length];
        if (score.Length is 0 or > 5)
        {
            return null;
        }

        if (length < rest.Length)
        {
            return char.IsWhiteSpace(rest[length]) || "<\",}".Contains(rest[length], StringComparison.Ordinal) ? Parse(score) : null;
        }

        if (text == tokens[index].Token)
        {
            int next = index + 1;
            while (next < tokens.Count && tokens[next].Token.Length == 0)
            {
                next++;
            }

            return next < tokens.Count ? Mean(tokens, next, string.Empty, score, isOneWhole) : Parse(score);
        }

        return score == "1" && !isOneWhole ? null : Parse(score.TrimEnd('.'));
    }

    /// <summary>What an alternative adds to the score; null when it is no alternative to it.</summary>
    private static string? Rest(string text, string lead, string written)
        => written.Length > 0 ? text
        : lead.Length > 0 && text.StartsWith(lead, StringComparison.Ordinal) ? text[lead.Length..].TrimStart()
        : string.IsNullOrWhiteSpace(lead) ? text.TrimStart()
        : null;

    private static double? Parse(string score) => TeacherReplies.ParseScore(string.Empty, score) is { Problem: null } parsed ? parsed.Value : null;

    private static IEnumerable<(string Text, float LogProbability)> Alternatives(TokenLogProbabilities token)
        => token.Top.Select(t => (t.Token, t.LogProbability)).Prepend((token.Token, token.LogProbability)).DistinctBy(t => t.Token);

    private static bool HasTwoDigits(TokenLogProbabilities token) => Alternatives(token).Any(t =>
    {
        for (int i = 1; i < t.Text.Length; i++)
        {
            if (char.IsAsciiDigit(t.Text[i - 1]) && char.IsAsciiDigit(t.Text[i]))
            {
                return true;
            }
        }

        return false;
    });
}
