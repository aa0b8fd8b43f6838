namespace Microsoft.ML.RewardModeling.Models;

/// <summary>
/// A padded batch without its padding. A causal decoder that never attends to masked tokens gives every other token the
/// same result whether they are there or not, as long as positions are kept.
/// </summary>
/// <param name="Ids">The real ids of each row.</param>
/// <param name="Positions">Their positions.</param>
/// <param name="Places">For every real token, row by row, its place in the flat <c>[B, T]</c> batch.</param>
/// <param name="Width">T.</param>
/// <param name="Columns">The real tokens' columns in each row; null where no row has a masked token between real ones.</param>
internal sealed record UnpaddedBatch(int[][] Ids, int[][] Positions, int[] Places, int Width, int[][]? Columns)
{
    /// <summary>Drops masked tokens.</summary>
    /// <remarks>Example: ids [[5, 6, 0]] with mask [[1, 1, 0]] give ids [[5, 6]], positions [[0, 1]], places [0, 1].</remarks>
    public static UnpaddedBatch Create(IReadOnlyList<int[]> ids, IReadOnlyList<int[]>? attentionMask, IReadOnlyList<int[]>? positionIds)
    {
        ArgumentNullException.ThrowIfNull(ids);
        int width = ids.Count == 0 ? throw new ArgumentException("The batch has no rows.", nameof(ids)) : ids[0].Length;
        CheckShape(ids, ids.Count, width, nameof(ids));
        CheckShape(attentionMask, ids.Count, width, nameof(attentionMask));
        CheckShape(positionIds, ids.Count, width, nameof(positionIds));
        int[][] kept = [.. ids.Select((_, row) => Enumerable.Range(0, width).Where(i => attentionMask is null || attentionMask[row][i] != 0).ToArray())];
        for (int row = 0; row < kept.Length; row++)
        {
            if (kept[row].Length == 0)
            {
                throw new ArgumentException($"Row {row} has no token that is not masked.", nameof(attentionMask));
            }

            if (positionIds is not null && kept[row].Any(i => positionIds[row][i] < 0))
            {
                throw new ArgumentException($"Row {row} has a position below 0.", nameof(positionIds));
            }
        }

        return new UnpaddedBatch(
            [.. kept.Select((places, row) => places.Select(i => ids[row][i]).ToArray())],
            [.. kept.Select((places, row) => positionIds is null ? places : places.Select(i => positionIds[row][i]).ToArray())],
            [.. kept.SelectMany((places, row) => places.Select(i => (row * width) + i))],
            width,
            Array.Exists(kept, places => places[^1] - places[0] >= places.Length) ? kept : null);
    }

    private static void CheckShape(IReadOnlyList<int[]>? rows, int count, int width, string name)
    {
        if (rows is null)
        {
            return;
        }

        int wrong = rows.Count != count ? rows.Count : Enumerable.Range(0, count).FirstOrDefault(row => rows[row].Length != width, -1);
        if (rows.Count != count || wrong >= 0)
        {
            string found = rows.Count != count ? $"{rows.Count} rows" : $"{rows[wrong].Length} values in row {wrong}";
            throw new ArgumentException($"{name} has {found}; expected [{count}, {width}] as input_ids.", name);
        }
    }
}
