namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>Lays texts one after the other and cuts them into blocks, so that every block but the last is full.</summary>
internal static class TextPacking
{
    /// <summary>Blocks of texts.</summary>
    /// <remarks>Texts [1, 2, 3], [4, 5] and length 4 give [1, 2, 3, 4] and nothing else: a block needs two tokens, one to predict the other.</remarks>
    /// <param name="texts">Ids of each text, with whatever closes it.</param>
    /// <param name="length">Tokens of a block, at least 2.</param>
    /// <param name="seed">Shuffles the texts first, so that a block holds texts from all over; null leaves their order.</param>
    public static IReadOnlyList<int[]> Blocks(IReadOnlyList<int[]> texts, int length, int? seed)
    {
        int[] order = seed is { } shuffled
            ? EpochOrder.Batches([.. texts.Select(text => text.Length)], Math.Max(1, texts.Count), shuffled, 0).SelectMany(batch => batch).ToArray()
            : [.. Enumerable.Range(0, texts.Count)];
        List<int[]> blocks = [];
        int[] block = new int[length];
        int filled = 0;
        foreach (int text in order)
        {
            foreach (int id in texts[text])
            {
                block[filled++] = id;
                if (filled == length)
                {
                    blocks.Add(block);
                    (block, filled) = (new int[length], 0);
                }
            }
        }

        if (filled >= 2)
        {
            blocks.Add(block[..filled]);
        }

        return blocks;
    }
}
