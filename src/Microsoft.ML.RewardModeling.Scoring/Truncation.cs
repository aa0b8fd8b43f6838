namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>Cuts an encoded text to a maximum length.</summary>
internal static class Truncation
{
    // A mark such as "<|im_start|>assistant\n" or "<|im_end|>\n" is a special token and a few ids after it.
    private const int LongestMark = 8;

    /// <summary>
    /// The text in at most <paramref name="maxLength"/> ids. What stays of the prompt, in this order: its leading special ids, the mark at
    /// its end that opens the answer, then as much of its newest part as fits. The answer loses its end only if it does not fit beside these
    /// marks; its closing mark stays.
    /// </summary>
    /// <param name="ids">More than <paramref name="maxLength"/> ids.</param>
    /// <param name="promptLength">How many of them are the prompt, at least 1.</param>
    /// <param name="maxLength">At least 2.</param>
    /// <param name="isSpecial">Whether an id is a special token.</param>
    public static EncodedText Apply(ReadOnlySpan<int> ids, int promptLength, int maxLength, Func<int, bool> isSpecial)
    {
        ReadOnlySpan<int> prompt = ids[..promptLength];
        ReadOnlySpan<int> answer = ids[promptLength..];
        int lead = 0;
        while (lead < prompt.Length && lead < LongestMark && isSpecial(prompt[lead]))
        {
            lead++;
        }

        int opening = MarkLength(prompt[lead..], isSpecial);
        int closing = Math.Max(1, MarkLength(answer, isSpecial));

        // Where the maximum is very small, the marks themselves give way; one id of the prompt and the last id always stay.
        lead = Math.Min(lead, maxLength / 4);
        opening = Math.Min(opening, maxLength / 4);
        closing = Math.Min(closing, Math.Max(1, maxLength / 4));
        if (lead + opening == 0)
        {
            opening = 1;
        }

        int room = maxLength - lead - opening;
        int[] result = new int[maxLength];
        if (answer.Length > room)
        {
            prompt[..lead].CopyTo(result);
            prompt[^opening..].CopyTo(result.AsSpan(lead));
            answer[..(room - closing)].CopyTo(result.AsSpan(lead + opening));
            answer[^closing..].CopyTo(result.AsSpan(maxLength - closing));
            return new EncodedText(result, lead + opening, Truncated: true);
        }

        int newest = maxLength - answer.Length - lead;
        prompt[..lead].CopyTo(result);
        prompt[^newest..].CopyTo(result.AsSpan(lead));
        answer.CopyTo(result.AsSpan(lead + newest));
        return new EncodedText(result, lead + newest, Truncated: true);
    }

    // Ids from the last special one to the end; 0 when it is further away than a mark is long.
    private static int MarkLength(ReadOnlySpan<int> ids, Func<int, bool> isSpecial)
    {
        for (int length = 1; length <= Math.Min(LongestMark, ids.Length); length++)
        {
            if (isSpecial(ids[^length]))
            {
                return length;
            }
        }

        return 0;
    }
}
