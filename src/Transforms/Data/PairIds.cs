using System.Globalization;
using System.Security.Cryptography;

namespace Microsoft.ML.RewardModeling;

/// <summary>Gives every pair of a file an id of its own.</summary>
internal static class PairIds
{
    /// <summary>
    /// Parses the rows. Ids that are absent come from the content, so that they are the same in every run; given ids
    /// must differ.
    /// </summary>
    public static IEnumerable<PreferencePair> Complete(string path, IEnumerable<PairRecord> records)
    {
        Dictionary<string, string> places = [];
        foreach (PairRecord record in records)
        {
            PreferencePair pair = PairJson.Parse(record);
            if (pair.Id.Length == 0)
            {
                pair = pair with { Id = Unused(FromContent(pair), places) };
            }
            else if (places.TryGetValue(pair.Id, out string? first))
            {
                throw new RewardModelingException(
                    $"{record.Place}: found the id '{pair.Id}', which {first} has already; expected ids that differ. Rename one, or "
                        + "remove the repeated row.");
            }

            places.Add(pair.Id, record.Place);
            yield return pair;
        }

        if (places.Count == 0)
        {
            throw new RewardModelingException($"{path}: found no pair, expected at least one row. Check that the file is the one you "
                + "meant.");
        }
    }

    /// <summary>An id from the texts: "pair-" and 16 hexadecimal digits of their SHA-256.</summary>
    public static string FromContent(PreferencePair pair)
    {
        byte[] content = Json.ToBytes(writer =>
        {
            writer.WriteStartArray();
            Json.WriteTurns(writer, pair.Prompt.Turns);
            writer.WriteStringValue(Text.WellFormed(pair.Chosen));
            writer.WriteStringValue(Text.WellFormed(pair.Rejected));
            writer.WriteEndArray();
        });
        return "pair-" + Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 8));
    }

    private static string Unused(string id, Dictionary<string, string> places)
    {
        string candidate = id;
        for (int copy = 2; places.ContainsKey(candidate); copy++)
        {
            candidate = id + "-" + copy.ToString(CultureInfo.InvariantCulture);
        }

        return candidate;
    }
}
