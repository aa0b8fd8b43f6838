namespace Microsoft.ML.RewardModeling.Scoring.Engine;

/// <summary>Cuts sequences into batches.</summary>
internal static class BatchPlan
{
    /// <summary>
    /// Batches in which count times longest sequence is at most the budget, from neighbours in length; a sequence above the budget is a batch
    /// of its own. Longest first, so that a batch that does not fit into memory shows at once.
    /// </summary>
    /// <param name="lengths">Lengths of the sequences.</param>
    /// <param name="tokenBudget">The most tokens of a batch, padding included.</param>
    /// <returns>Indices into <paramref name="lengths"/>; every index once.</returns>
    public static List<int[]> Cut(IReadOnlyList<int> lengths, int tokenBudget)
    {
        int[] order = [.. Enumerable.Range(0, lengths.Count).OrderByDescending(i => lengths[i])];
        List<int[]> batches = [];
        for (int start = 0; start < order.Length;)
        {
            int size = Math.Clamp(tokenBudget / Math.Max(1, lengths[order[start]]), 1, order.Length - start);
            batches.Add(order[start..(start + size)]);
            start += size;
        }

        return batches;
    }
}
