namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>The order in which an epoch visits the pairs: a pure function of seed and epoch, so a resumed run finds its place again.</summary>
internal static class EpochOrder
{
    /// <summary>Shuffles pairs into batches; only the last may be smaller.</summary>
    /// <param name="lengths">Tokens of every pair.</param>
    /// <param name="batchSize">Pairs in a batch.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="epoch">Epoch from 0.</param>
    /// <param name="window">
    /// Batches whose pairs are sorted by length together after shuffling, so that a batch holds pairs of similar length and its
    /// memory is even. 1 leaves the shuffle as it is: ragged rows have no padding to save.
    /// </param>
    /// <returns>Indices of pairs, batch by batch.</returns>
    public static int[][] Batches(IReadOnlyList<int> lengths, int batchSize, int seed, int epoch, int window = 1)
    {
        Random random = new(unchecked((seed * 1_000_003) + epoch));
        int[] order = [.. Enumerable.Range(0, lengths.Count)];
        Shuffle(order, random);
        if (window <= 1)
        {
            return [.. order.Chunk(batchSize)];
        }

        int[][] batches = [.. order.Chunk(batchSize * window).SelectMany(group => group.OrderBy(i => lengths[i]).ToArray().Chunk(batchSize))];
        int full = batches.Count(batch => batch.Length == batchSize);
        Shuffle(batches.AsSpan(0, full), random);
        return batches;
    }

    // Fisher and Yates by hand: the library's own shuffle may draw differently in another release.
    private static void Shuffle<T>(Span<T> items, Random random)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = random.Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
