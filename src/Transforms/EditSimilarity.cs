namespace Microsoft.ML.RewardModeling;

/// <summary>How much of a text an edit kept, measured on words.</summary>
public static class EditSimilarity
{
    /// <summary>
    /// Twice the length of the longest common subsequence of words, divided by the number of words of both texts: 1 for
    /// the same words in the same order, 0 for texts without a common word. (The Indel ratio; Python's
    /// <c>difflib.SequenceMatcher(autojunk=False).ratio()</c> on words is at most this and mostly equal.) Words are
    /// separated by white space, so punctuation belongs to its word and layout does not count.
    /// </summary>
    /// <param name="original">The text before the edit.</param>
    /// <param name="edited">The text after it.</param>
    /// <returns>A value in [0, 1]; 1 for two texts without words.</returns>
    public static float Words(string original, string edited)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(edited);
        string[] a = original.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string[] b = edited.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return a.Length + b.Length == 0 ? 1 : (float)(2.0 * CommonSubsequence(a, b) / (a.Length + b.Length));
    }

    /// <summary>Length of the longest common subsequence, O(a b) time and O(b) memory after what both begin and end with.</summary>
    private static int CommonSubsequence(ReadOnlySpan<string> a, ReadOnlySpan<string> b)
    {
        int prefix = a.CommonPrefixLength(b);
        a = a[prefix..];
        b = b[prefix..];
        int suffix = 0;
        while (suffix < Math.Min(a.Length, b.Length) && a[^(suffix + 1)] == b[^(suffix + 1)])
        {
            suffix++;
        }

        a = a[..^suffix];
        b = b[..^suffix];
        int[] lengths = new int[b.Length + 1];
        foreach (string word in a)
        {
            int diagonal = 0;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = lengths[j];
                lengths[j] = word == b[j - 1] ? diagonal + 1 : Math.Max(above, lengths[j - 1]);
                diagonal = above;
            }
        }

        return prefix + lengths[^1] + suffix;
    }
}
