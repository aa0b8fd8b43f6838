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
            return new RegexPattern(OnigurumaPattern.ToRegex(pattern.Text("Regex", where), where));
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

internal sealed class RegexPattern(Regex regex) : SplitPattern
{
    public override void Find(string text, List<Part> parts)
    {
        CodePointText view = CodePointText.Of(text);
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

        Rest(parts, previous, text);
    }
}

internal sealed class StringPattern(string value) : SplitPattern
{
    public override void Find(string text, List<Part> parts)
    {
        int previous = 0;
        for (int start = 0; value.Length > 0 && (start = text.IndexOf(value, start, StringComparison.Ordinal)) >= 0; start += value.Length)
        {
            Add(parts, ref previous, start, start + value.Length);
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
