using Microsoft.ML;
using Microsoft.ML.RewardModeling;

namespace RewardModeling.Tool.Teaching;

/// <summary>Has the teachers do the work and writes the rows to a file.</summary>
/// <param name="ml">Whose components do it.</param>
/// <param name="teachers">In the order of <c>--teacher</c>.</param>
/// <param name="path">The file to write.</param>
/// <param name="rowsDone">Gets the number of rows written.</param>
internal delegate RowSummary WriteRows(MLContext ml, IReadOnlyList<TeacherClient> teachers, string path, IProgress<int> rowsDone);

/// <summary>What is particular to one of the commands that ask a teacher; <see cref="TeacherRun"/> does the rest.</summary>
/// <param name="Name">The command.</param>
/// <param name="Unit">What its rows are, in the plural.</param>
/// <param name="InputOption">The option that names its input files.</param>
/// <param name="Inputs">Those files.</param>
/// <param name="Read">Reads the files, all at once, before anybody is asked; gives the number of rows and what writes them.</param>
internal sealed record TeacherJob(string Name, string Unit, string InputOption, IReadOnlyList<string> Inputs, Func<IReadOnlyList<string>, (int Rows, WriteRows Write)> Read)
{
    /// <summary>Further files that it writes, with the options that name them.</summary>
    public IReadOnlyList<(string Option, string Path)> Products { get; init; } = [];
}
