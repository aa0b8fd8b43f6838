using System.CommandLine;
using RewardModeling.Tool.Terminal;

namespace RewardModeling.Tool.Commands;

/// <summary>One command: how it is typed, examples for its help, and what it does (typed arguments in, exit code out).</summary>
/// <param name="Definition">Name, options and arguments.</param>
/// <param name="Examples">Lines that one can copy.</param>
/// <param name="Invoke">Runs the command on a parsed command line.</param>
internal sealed record ToolCommand(Command Definition, string Examples, Func<ParseResult, ToolContext, int> Invoke)
{
    /// <summary>The commands of a group; a group does nothing by itself.</summary>
    public IReadOnlyList<ToolCommand> Parts { get; init; } = [];
}
