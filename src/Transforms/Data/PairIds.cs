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
        RowIds ids = new();
        foreach (PairRecord record in records)
        {
            PreferencePair pair = PairJson.Parse(record);
            yield return pair with { Id = ids.Add(pair.Id, () => FromContent(pair), record.Place) };
        }

        ids.MustNotBeEmpty(path, "pair");
    }

    /// <summary>An id from the texts: "pair-" and 16 hexadecimal digits of their SHA-256.</summary>
    public static string FromContent(PreferencePair pair) => RowIds.FromContent("pair-", writer =>
    {
        writer.WriteStartArray();
        Json.WriteTurns(writer, pair.Prompt.Turns);
        writer.WriteStringValue(Text.WellFormed(pair.Chosen));
        writer.WriteStringValue(Text.WellFormed(pair.Rejected));
        writer.WriteEndArray();
    });
}
