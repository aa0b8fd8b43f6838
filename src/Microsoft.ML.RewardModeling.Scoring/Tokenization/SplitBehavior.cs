namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>What becomes of a match when a text is split at it.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Turns matches and what lies between them into pieces.</summary>
internal static class SplitBehaviors
{
    public static SplitBehavior Parse(string name, string where) => name switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        _ => throw JsonFields.Unsupported(where, $"the split behavior '{name}'"),
    };

    /// <summary>Applies the behavior; the order of the text is kept.</summary>
    public static List<Part> Apply(List<Part> parts, SplitBehavior behavior, bool invert)
    {
        if (behavior == SplitBehavior.Isolated)
        {
            return parts;
        }

        List<Part> result = new(parts.Count);
        bool previousMatch = false;
        if (behavior == SplitBehavior.MergedWithNext)
        {
            for (int i = parts.Count - 1; i >= 0; i--)
            {
                Part part = parts[i];
                bool match = part.IsMatch != invert;
                if (match && !previousMatch && result.Count > 0)
                {
                    result[^1] = new Part(part.Start, part.Length + result[^1].Length, false);
                }
                else
                {
                    result.Add(part);
                }

                previousMatch = match;
            }

            result.Reverse();
            return result;
        }

        foreach (Part part in parts)
        {
            bool match = part.IsMatch != invert;
            bool join = behavior switch
            {
                SplitBehavior.MergedWithPrevious => match && !previousMatch,
                SplitBehavior.Contiguous => match == previousMatch,
                _ => false,
            };
            if (join && result.Count > 0)
            {
                result[^1] = new Part(result[^1].Start, result[^1].Length + part.Length, false);
            }
            else if (behavior != SplitBehavior.Removed || !match)
            {
                result.Add(part);
            }

            previousMatch = match;
        }

        return result;
    }
}
