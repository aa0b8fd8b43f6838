using Microsoft.ML.RewardModeling;

namespace RewardModeling.Tool.Teaching;

/// <summary>What the options of <see cref="TeacherOptions"/> say.</summary>
/// <param name="Teachers">Whom to ask; at least one.</param>
/// <param name="Journal">Path of the journal.</param>
/// <param name="Output">Path of the rows.</param>
/// <param name="Calling">How to call.</param>
/// <param name="Defer">Path of the batch to write instead of calling; null when there is none.</param>
/// <param name="Import">Paths of a batch service's results.</param>
internal sealed record TeacherArguments(
    IReadOnlyList<TeacherSpec> Teachers, string Journal, string Output, TeacherClientOptions Calling, string? Defer, IReadOnlyList<string> Import)
{
    public bool IsDeferred => Defer is not null || Import.Count > 0;
}
