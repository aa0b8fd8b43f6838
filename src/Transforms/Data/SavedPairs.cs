using System.Globalization;

namespace Microsoft.ML.RewardModeling;

/// <summary>What <see cref="RewardModelingCatalog.SavePairs"/> wrote.</summary>
/// <param name="Path">The file.</param>
/// <param name="Rows">All rows.</param>
/// <param name="Usable">Rows with status "ok".</param>
/// <param name="Failures">Number of rows by every other status, in the order of the names.</param>
/// <param name="MeanEditSimilarity">Mean word-level similarity of the edits of usable rows; NaN when nothing was refined.</param>
public sealed record SavedPairs(string Path, int Rows, int Usable, IReadOnlyDictionary<string, int> Failures, float MeanEditSimilarity)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Path}: {Rows} rows, {Usable} ok")
        + string.Concat(Failures.Select(f => string.Create(CultureInfo.InvariantCulture, $", {f.Value} {f.Key}")))
        + (float.IsNaN(MeanEditSimilarity)
            ? string.Empty
            : string.Create(CultureInfo.InvariantCulture, $"; mean edit similarity {MeanEditSimilarity:F3}"));
}
