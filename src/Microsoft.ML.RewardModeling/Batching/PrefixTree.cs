namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>
/// Sequences as paths through a forest, so that tokens before which nothing differs are computed once: a prompt for all of
/// its answers, and an answer and its edit up to the first change.
/// </summary>
/// <remarks>
/// Example: [1, 2, 3, 4], [1, 2, 5] give the segments [1, 2], [3, 4] (after 0) and [5] (after 0), ends [1, 2].
/// </remarks>
/// <param name="Segments">Runs of tokens; a parent stands before its children.</param>
/// <param name="Ends">For every sequence the segment with which it ends.</param>
internal sealed record PrefixTree(IReadOnlyList<PrefixTree.Segment> Segments, IReadOnlyList<int> Ends)
{
    /// <summary>A run of tokens.</summary>
    /// <param name="Parent">The segment it follows; -1 at the beginning of a sequence.</param>
    /// <param name="Start">Position of the first token in its sequences.</param>
    /// <param name="Ids">The tokens.</param>
    internal sealed record Segment(int Parent, int Start, ArraySegment<int> Ids);

    /// <summary>Rows of all segments together.</summary>
    public int Rows => Segments.Sum(segment => segment.Ids.Count);

    /// <summary>Shares prefixes where that saves enough.</summary>
    /// <param name="sequences">Sequences of at least one token.</param>
    /// <param name="smallestSaving">Tokens that a further segment must save, from 1; see <see cref="PrefixCost"/>.</param>
    public static PrefixTree Build(IReadOnlyList<int[]> sequences, long smallestSaving)
    {
        Builder builder = new(sequences, smallestSaving);
        int[] sorted = [.. Enumerable.Range(0, sequences.Count)];
        Array.Sort(sorted, (a, b) =>
        {
            int order = sequences[a].AsSpan().SequenceCompareTo(sequences[b]);
            return order == 0 ? a.CompareTo(b) : order;
        });
        builder.Split(sorted, 0, -1);
        return new PrefixTree(builder.Segments, builder.Ends);
    }

    /// <summary>For every token of the sequences, one sequence after the other, the row of the segments that holds it.</summary>
    public long[] Places()
    {
        long[] starts = new long[Segments.Count];
        for (int i = 1; i < starts.Length; i++)
        {
            starts[i] = starts[i - 1] + Segments[i - 1].Ids.Count;
        }

        List<long> places = [];
        foreach (int end in Ends)
        {
            int first = places.Count;
            places.AddRange(new long[Segments[end].Start + Segments[end].Ids.Count]);
            for (int at = end; at >= 0; at = Segments[at].Parent)
            {
                for (int i = 0; i < Segments[at].Ids.Count; i++)
                {
                    places[first + Segments[at].Start + i] = starts[at] + i;
                }
            }
        }

        return [.. places];
    }

    private sealed class Builder(IReadOnlyList<int[]> sequences, long smallestSaving)
    {
        public List<Segment> Segments { get; } = [];

        public int[] Ends { get; } = new int[sequences.Count];

        /// <summary>Members are in lexicographic order and agree before <paramref name="depth"/>, where <paramref name="parent"/> ends.</summary>
        public void Split(ReadOnlySpan<int> members, int depth, int parent)
        {
            if (members.Length == 1)
            {
                Ends[members[0]] = Add(parent, depth, sequences[members[0]].Length, members[0]);
                return;
            }

            // In sorted order the first and the last differ soonest.
            int[] first = sequences[members[0]];
            int common = depth + first.AsSpan(depth).CommonPrefixLength(sequences[members[^1]].AsSpan(depth));
            bool shares = (long)(common - depth) * (members.Length - 1) >= smallestSaving && common > depth;
            if (shares)
            {
                parent = Add(parent, depth, common, members[0]);
                depth = common;
            }

            for (int start = 0, end; start < members.Length; start = end)
            {
                end = start + 1;
                int[] sequence = sequences[members[start]];
                if (sequence.Length == common)
                {
                    Ends[members[start]] = shares ? parent : Add(parent, depth, common, members[start]);
                    continue;
                }

                while (end < members.Length && sequences[members[end]][common] == sequence[common])
                {
                    end++;
                }

                Split(members[start..end], depth, parent);
            }
        }

        private int Add(int parent, int from, int to, int member)
        {
            Segments.Add(new Segment(parent, from, new ArraySegment<int>(sequences[member], from, to - from)));
            return Segments.Count - 1;
        }
    }
}
