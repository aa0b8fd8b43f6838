using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>The pairs that can teach something, and what was left out.</summary>
/// <param name="Pairs">Pairs whose two sides differ.</param>
/// <param name="Equal">Dropped pairs whose sides have equal ids, for example after truncation.</param>
/// <param name="Truncated">Kept pairs of which something was cut.</param>
internal sealed record PairSelection(IReadOnlyList<TokenizedPair> Pairs, int Equal, int Truncated)
{
    /// <summary>Drops pairs that are equal after tokenization.</summary>
    public static PairSelection From(IReadOnlyList<TokenizedPair> pairs)
    {
        TokenizedPair[] kept = [.. pairs.Where(pair => !pair.Chosen.Ids.AsSpan().SequenceEqual(pair.Rejected.Ids))];
        return new PairSelection(kept, pairs.Count - kept.Length, kept.Count(pair => pair.Truncated));
    }

    /// <summary>SHA-256 over everything that training sees of the pairs, in their order; lower-case hexadecimal.</summary>
    public static string Hash(IEnumerable<TokenizedPair> pairs)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Sequence(TokenizedSequence? sequence)
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([sequence?.Ids.Length ?? -1, sequence?.PromptLength ?? -1]));
            hash.AppendData(MemoryMarshal.AsBytes<int>(sequence?.Ids ?? []));
        }

        foreach (TokenizedPair pair in pairs)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(pair.Id + "\n"));
            Sequence(pair.Chosen);
            Sequence(pair.Rejected);
            Sequence(pair.Teacher);
            foreach (ScoredSequence answer in pair.Ranked)
            {
                hash.AppendData(MemoryMarshal.AsBytes<int>(answer.Ids));
                hash.AppendData(MemoryMarshal.AsBytes<float>([answer.Score]));
            }

            hash.AppendData(MemoryMarshal.AsBytes<float>([pair.Margin, pair.ChosenScore, pair.RejectedScore]));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
