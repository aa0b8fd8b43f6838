using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.RewardModeling;

/// <summary>Chooses validation prompts, so that no prompt is on both sides of the split.</summary>
internal static class PromptSplit
{
    /// <summary>
    /// The prompts held out for validation: those with the smallest hashes of seed and text. The choice does not depend on
    /// the order or number of their rows. At least one prompt and never all of them when
    /// <paramref name="fraction"/> is above 0 and there are two prompts; none otherwise.
    /// </summary>
    public static HashSet<string> ValidationPrompts(IEnumerable<string> prompts, double fraction, int seed)
    {
        string[] distinct = [.. prompts.Distinct(StringComparer.Ordinal)];
        if (fraction <= 0 || distinct.Length < 2)
        {
            return [];
        }

        int count = Math.Clamp((int)Math.Round(distinct.Length * fraction, MidpointRounding.AwayFromZero), 1, distinct.Length - 1);
        return distinct.OrderBy(p => Hash(p, seed)).ThenBy(p => p, StringComparer.Ordinal).Take(count).ToHashSet(StringComparer.Ordinal);
    }

    private static ulong Hash(string prompt, int seed)
    {
        byte[] bytes = new byte[4 + Encoding.UTF8.GetByteCount(prompt)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, seed);
        Encoding.UTF8.GetBytes(prompt, bytes.AsSpan(4));
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(bytes));
    }
}
