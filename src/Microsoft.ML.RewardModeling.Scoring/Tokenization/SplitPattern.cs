using System.Text;
using System.Text.RegularExpressions;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>A part of a text: a match of a pattern or what lies between two matches.</summary>
internal readonly record struct Part(int Start, int Length, bool IsMatch);

/// <summary>What a pre-tokenizer or normalizer looks for: covers a text, without gaps, by matches and what lies between.</summary>
internal abstract class SplitPattern
{
    public abstract void Find(string text, List<Part> parts);

    public static SplitPattern FromJson(JsonElement pattern, string where)
    {
        if (pattern.TryGet("Regex", out _))
        {
            return OnigurumaPattern.Parse(pattern.Text("Regex", where), where);
        }

        return pattern.TryGet("String", out _)
            ? new StringPattern(pattern.Text("String", where))
            : throw JsonFields.Unsupported(where, $"the pattern {pattern.GetRawText()}");
    }

    protected static void Add(List<Part> parts, ref int previous, int start, int end)
    {
        if (start > previous)
        {
            parts.Add(new Part(previous, start - previous, false));
        }

        parts.Add(new Part(start, end - start, true));
        previous = end;
    }

    protected static void Rest(List<Part> parts, int previous, string text)
    {
        if (previous < text.Length)
        {
            parts.Add(new Part(previous, text.Length - previous, false));
        }
    }
}

internal sealed class RegexPattern(Regex regex, bool namesScripts) : SplitPattern
{
    // Compiling takes longer than matching a few short texts; loading a tokenizer should not wait for it.
    private const int WorthCompiling = 4096;
    private readonly Lazy<Regex> _compiled = new(() => new Regex(regex.ToString(), regex.Options | RegexOptions.Compiled, regex.MatchTimeout));
    private int _seen;

    public override void Find(string text, List<Part> parts)
    {
        CodePointText view = CodePointText.Of(text, namesScripts);
        Regex current = _compiled.IsValueCreated || Interlocked.Add(ref _seen, Math.Min(text.Length, WorthCompiling) + 16) > WorthCompiling
            ? _compiled.Value
            : regex;
        try
        {
            Find(current, view, parts);
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new RewardScoringException(
                $"The tokenizer's regular expression '{regex}' did not finish in {regex.MatchTimeout.TotalSeconds} s on a text of "
                + $"{text.Length} characters. Its file is damaged; get it again.", exception);
        }

        Rest(parts, parts.Count == 0 ? 0 : parts[^1].Start + parts[^1].Length, text);
    }

    private static void Find(Regex regex, CodePointText view, List<Part> parts)
    {
        int previous = 0;
        foreach (ValueMatch match in regex.EnumerateMatches(view.Shadow))
        {
            int start = view.Original(match.Index);
            int end = view.Original(match.Index + match.Length);
            if (end > start)
            {
                Add(parts, ref previous, start, end);
            }
        }
    }
}

internal sealed class StringPattern(string value) : SplitPattern
{
    public string Value { get; } = value;

    public override void Find(string text, List<Part> parts)
    {
        int previous = 0;
        for (int start = 0; Value.Length > 0 && (start = text.IndexOf(Value, start, StringComparison.Ordinal)) >= 0; start += Value.Length)
        {
            Add(parts, ref previous, start, start + Value.Length);
        }

        Rest(parts, previous, text);
    }
}

/// <summary>Every code point that fulfils a condition is a match of its own.</summary>
internal sealed class RunePattern(Func<Rune, bool> condition) : SplitPattern
{
    public override void Find(string text, List<Part> parts)
    {
        int previous = 0;
        int position = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int end = position + rune.Utf16SequenceLength;
            if (condition(rune))
            {
                Add(parts, ref previous, position, end);
            }

            position = end;
        }

        Rest(parts, previous, text);
    }
}
