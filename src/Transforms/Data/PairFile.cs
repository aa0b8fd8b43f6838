namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Reads and writes files of preference pairs: <c>.jsonl</c>, <c>.jsonl.gz</c>, and <c>.parquet</c> (reading). Rows are
/// labelled (<c>prompt, chosen, rejected</c>), not labelled (<c>prompt, response_a, response_b</c>, optionally
/// <c>score_a, score_b</c>, <c>chosen: "a"|"b"</c>), or whole conversations in <c>chosen</c> and <c>rejected</c>.
/// </summary>
public static class PairFile
{
    /// <summary>Reads the pairs of a file one after the other.</summary>
    /// <param name="path">
    /// A file that ends in .jsonl, .jsonl.gz or .parquet. A row whose answers are the same text has the status
    /// "equal-answers".
    /// </param>
    /// <returns>The pairs in file order; the file is open while they are enumerated.</returns>
    /// <exception cref="RewardModelingException">The file or a row cannot be read; the message names path and line.</exception>
    public static IEnumerable<PreferencePair> Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        JsonLines.MustExist(path, "pairs", ".jsonl, .jsonl.gz or .parquet");
        return FormatOf(path) switch
        {
            PairFileFormat.Parquet => PairIds.Complete(path, ParquetRows.Read(path)),
            _ => PairIds.Complete(path, JsonLines.Read(path)),
        };
    }

    /// <summary>
    /// Writes pairs, one JSON object a line. The file appears under its name only when it is complete; a file that was
    /// there before is replaced.
    /// </summary>
    /// <param name="path">A path that ends in .jsonl or .jsonl.gz.</param>
    /// <param name="pairs">The pairs; the same pairs give the same bytes.</param>
    /// <exception cref="RewardModelingException">The file cannot be written there.</exception>
    public static void Write(string path, IEnumerable<PreferencePair> pairs)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(pairs);
        if (FormatOf(path) == PairFileFormat.Parquet)
        {
            throw new RewardModelingException($"{path}: Parquet files are read but not written. Write a .jsonl or .jsonl.gz file.");
        }

        JsonLines.Write(path, pairs.Select(PairJson.ToLine));
    }

    private static PairFileFormat FormatOf(string path)
    {
        bool Ends(string extension) => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase);
        return Ends(".jsonl") ? PairFileFormat.JsonLines
            : Ends(".jsonl.gz") ? PairFileFormat.JsonLinesGzip
            : Ends(".parquet") ? PairFileFormat.Parquet
            : throw new RewardModelingException(
                $"{path}: found the file type '{Path.GetExtension(path)}', expected .jsonl, .jsonl.gz or .parquet. Convert the file, or "
                    + "rename it if it is one of these.");
    }
}
