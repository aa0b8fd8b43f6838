using System.Text.Json;
using Microsoft.ML.RewardModeling.DataViews;
using Parquet.Serialization;

namespace Microsoft.ML.RewardModeling;

/// <summary>Parquet files with the same fields as the JSON rows; errors name <c>path:row</c>, counted from 1.</summary>
internal static class ParquetRows
{
    public static IEnumerable<PairRecord> Read(string path)
    {
        int number = 0;
        foreach (Dictionary<string, object?> row in Deserialize(path))
        {
            yield return new PairRecord($"{path}:{++number}", JsonSerializer.SerializeToElement(row));
        }
    }

    private static List<Dictionary<string, object?>> Deserialize(string path)
    {
        try
        {
            List<Dictionary<string, object?>> rows = [];
            Blocking.Wait(Task.Run(async () =>
            {
                using FileStream file = File.OpenRead(path);
                foreach (Dictionary<string, object> row in (await ParquetSerializer.DeserializeUntypedAsync(file).ConfigureAwait(false)).Data)
                {
                    rows.Add(row!);
                }
            }));
            return rows;
        }
        catch (Exception e) when (e is not RewardModelingException)
        {
            throw new RewardModelingException(
                $"{path}: the Parquet file cannot be read ({e.Message}). Expected flat string and number columns named like the fields "
                    + "of a .jsonl pair file; "
                + "check that the file is complete, or convert it to .jsonl.", e);
        }
    }
}
