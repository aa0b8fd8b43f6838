using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Scoring;

namespace Microsoft.ML.RewardModeling.Training;

/// <summary>A file of teacher distributions that a run learns from.</summary>
/// <param name="File">The file; it stays open while the run goes on.</param>
/// <param name="TokenizerSha256">Of the student's <c>tokenizer.json</c>.</param>
internal sealed record TeacherSource(TeacherLogitsFile File, string TokenizerSha256)
{
    /// <summary>Identity of the file's content.</summary>
    public string Sha256 => ExportManifest.HashFiles(File.Path);

    /// <summary>The distributions of the texts of pairs.</summary>
    public ITeacherDistributions For(IReadOnlyList<TokenizedPair> pairs, double temperature) => StoredDistributions.Create(File, pairs, TokenizerSha256, temperature);
}
