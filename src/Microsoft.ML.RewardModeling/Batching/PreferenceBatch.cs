namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>
/// A batch of pairs as one ragged run of tokens: every distinct sequence once, no padding, and the rows where rewards and
/// labels are read.
/// </summary>
/// <remarks>
/// Example with one pair, prompt [1, 2], chosen [.., 3, 4], rejected [.., 5], teacher equal to chosen: sequences [[1, 2, 3, 4],
/// [1, 2, 5]], rows 0-3 and 4-6, chosen 0, rejected 1, label rows [1, 2] (they predict), labels [3, 4], label tokens [2].
/// </remarks>
/// <param name="PairIds">Ids of the pairs, B of them.</param>
/// <param name="Sequences">Distinct sequences, S of them.</param>
/// <param name="Chosen">[B] sequence of each chosen side.</param>
/// <param name="Rejected">[B] sequence of each rejected side.</param>
/// <param name="Margins">[B] score differences.</param>
/// <param name="ChosenScores">[B] scores.</param>
/// <param name="RejectedScores">[B] scores.</param>
/// <param name="LabelRows">[L] rows of the ragged run whose logits predict a label, sample after sample.</param>
/// <param name="Labels">[L] the ids they should predict.</param>
/// <param name="LabelTokens">[M] labels of each sample.</param>
/// <param name="LabelPairs">[M] index of each sample's pair in the data set.</param>
internal sealed record PreferenceBatch(
    IReadOnlyList<string> PairIds,
    IReadOnlyList<int[]> Sequences,
    int[] Chosen,
    int[] Rejected,
    float[] Margins,
    float[] ChosenScores,
    float[] RejectedScores,
    long[] LabelRows,
    long[] Labels,
    int[] LabelTokens,
    int[] LabelPairs)
{
    /// <summary>The answers of every pair's prompt; those of a plain pair are its two sides with the scores 1 and 0.</summary>
    public IReadOnlyList<RankedList> Lists { get; init; } = [];

    /// <summary>
    /// What the mean of the language terms is taken over, so that batches add up to one: samples where each sample counts the
    /// same, labels where each token does.
    /// </summary>
    public int LanguageUnits { get; init; } = LabelTokens.Length;

    /// <summary>Tokens of the ragged run.</summary>
    public int Tokens => Sequences.Sum(sequence => sequence.Length);

    /// <summary>Lays pairs of a data set into a batch.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="indices">Its pairs that belong to the batch.</param>
    /// <param name="withTeacher">Whether the teacher's responses are needed; without, they cost nothing.</param>
    public static PreferenceBatch Create(IReadOnlyList<TokenizedPair> data, IReadOnlyList<int> indices, bool withTeacher)
    {
        DistinctSequences distinct = new();
        TokenizedPair[] pairs = [.. indices.Select(i => data[i])];
        int[] chosen = [.. pairs.Select(pair => distinct.Add(pair.Chosen.Ids))];
        int[] rejected = [.. pairs.Select(pair => distinct.Add(pair.Rejected.Ids))];
        RankedList[] lists = [.. pairs.Select((pair, i) => pair.Ranked.Count == 0
            ? new RankedList([chosen[i], rejected[i]], [1, 0])
            : new RankedList([.. pair.Ranked.Select(answer => distinct.Add(answer.Ids))], [.. pair.Ranked.Select(answer => answer.Score)]))];
        List<(int Index, TokenizedSequence Teacher, int Sequence)> samples = [];
        for (int i = 0; withTeacher && i < pairs.Length; i++)
        {
            if (pairs[i].Teacher is { Labels: > 0 } teacher)
            {
                samples.Add((indices[i], teacher, distinct.Add(teacher.Ids)));
            }
        }

        List<long> rows = [], labels = [];
        long[] starts = distinct.Starts();
        foreach ((_, TokenizedSequence teacher, int sequence) in samples)
        {
            for (int at = teacher.Ids.Length - teacher.Labels; at < teacher.Ids.Length; at++)
            {
                // The row before a token predicts it, so the prompt's last row predicts the first response token.
                rows.Add(starts[sequence] + at - 1);
                labels.Add(teacher.Ids[at]);
            }
        }

        return new PreferenceBatch(
            [.. pairs.Select(pair => pair.Id)],
            distinct.Items,
            chosen,
            rejected,
            [.. pairs.Select(pair => pair.Margin)],
            [.. pairs.Select(pair => pair.ChosenScore)],
            [.. pairs.Select(pair => pair.RejectedScore)],
            [.. rows],
            [.. labels],
            [.. samples.Select(sample => sample.Teacher.Labels)],
            [.. samples.Select(sample => sample.Index)])
        {
            Lists = lists,
        };
    }

    /// <summary>Blocks of text as a batch without pairs: every token but a block's first is a label, and all count the same.</summary>
    /// <param name="blocks">The data set.</param>
    /// <param name="indices">Its blocks that belong to the batch.</param>
    public static PreferenceBatch OfTexts(IReadOnlyList<int[]> blocks, IReadOnlyList<int> indices)
    {
        int[][] sequences = [.. indices.Select(i => blocks[i])];
        List<long> rows = [], labels = [];
        long start = 0;
        foreach (int[] ids in sequences)
        {
            for (int at = 1; at < ids.Length; at++)
            {
                rows.Add(start + at - 1);
                labels.Add(ids[at]);
            }

            start += ids.Length;
        }

        return new PreferenceBatch(
            [.. indices.Select(i => $"block {i + 1}")], sequences, [], [], [], [], [], [.. rows], [.. labels], [labels.Count], [.. indices])
        {
            LanguageUnits = labels.Count,
        };
    }

    private sealed class DistinctSequences : IEqualityComparer<int[]>
    {
        private readonly Dictionary<int[], int> _indices;

        public DistinctSequences() => _indices = new(this);

        public List<int[]> Items { get; } = [];

        public int Add(int[] ids)
        {
            if (!_indices.TryGetValue(ids, out int index))
            {
                index = Items.Count;
                _indices.Add(ids, index);
                Items.Add(ids);
            }

            return index;
        }

        public long[] Starts()
        {
            long next = 0;
            return [.. Items.Select(ids => (next += ids.Length) - ids.Length)];
        }

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] ids)
        {
            HashCode hash = default;
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(ids));
            return hash.ToHashCode();
        }
    }
}
