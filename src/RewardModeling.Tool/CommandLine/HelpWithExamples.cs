using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace RewardModeling.Tool.CommandLine;

/// <summary>The parser's own help followed by commands that one can copy.</summary>
internal sealed class HelpWithExamples(HelpAction help, IReadOnlyDictionary<Command, string> examples) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int code = help.Invoke(parseResult);
        if (examples.TryGetValue(parseResult.CommandResult.Command, out string? text))
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
            {
                output.WriteLine(line.Length == 0 ? line : "  " + line);
            }

            output.WriteLine();
        }

        return code;
    }
}
