namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>How the pairs of a step are cut into forward and backward passes.</summary>
internal static class Passes
{
    /// <summary>
    /// Puts items of similar length together, each pass within a number of tokens and of items, so that the memory of a pass
    /// is bounded whatever the lengths are. An item above the budget gets a pass of its own.
    /// </summary>
    /// <remarks>Lengths 5, 9, 4, 8 with a budget of 12 tokens: [2, 0], [3], [1].</remarks>
    /// <param name="items">Items of one step.</param>
    /// <param name="lengths">Tokens of every item of the data set.</param>
    /// <param name="largestCount">Items of a pass, at most.</param>
    /// <param name="tokenBudget">Tokens of a pass, at most; null leaves the items in their order and counts only them.</param>
    public static int[][] Cut(IReadOnlyList<int> items, IReadOnlyList<int> lengths, int largestCount, int? tokenBudget)
    {
        if (tokenBudget is not { } budget)
        {
            return [.. items.Chunk(largestCount)];
        }

        List<int[]> passes = [];
        List<int> pass = [];
        long tokens = 0;
        foreach (int item in items.OrderBy(item => lengths[item]))
        {
            if (pass.Count > 0 && (pass.Count == largestCount || tokens + lengths[item] > budget))
            {
                passes.Add([.. pass]);
                pass.Clear();
                tokens = 0;
            }

            pass.Add(item);
            tokens += lengths[item];
        }

        return [.. passes, [.. pass]];
    }
}
