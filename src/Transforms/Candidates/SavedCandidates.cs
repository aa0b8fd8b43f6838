using System.Globalization;

namespace Microsoft.ML.RewardModeling;

/// <summary>What <see cref="RewardModelingCatalog.SaveCandidates"/> wrote.</summary>
/// <param name="Path">The file.</param>
/// <param name="Rows">All rows.</param>
/// <param name="Usable">Rows with status "ok".</param>
/// <param name="Failures">Number of rows by every other status, in the order of the names.</param>
/// <param name="Answers">Candidates that hold an answer, in all rows.</param>
/// <param name="Scored">Of these, the ones with a score.</param>
/// <param name="AnswerFailures">Number of candidates by the status that says why they cannot be used, in the order of the names.</param>
public sealed record SavedCandidates(
    string Path, int Rows, int Usable, IReadOnlyDictionary<string, int> Failures, int Answers, int Scored, IReadOnlyDictionary<string, int> AnswerFailures)
{
    /// <summary>One line for people.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Path}: {Rows} rows, {Usable} ok{Listed(Failures)}; {Answers} answers, {Scored} scored{Listed(AnswerFailures)}");

    private static string Listed(IReadOnlyDictionary<string, int> counts)
        => string.Concat(counts.Select(c => string.Create(CultureInfo.InvariantCulture, $", {c.Value} {c.Key}")));
}
