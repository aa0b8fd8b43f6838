using System.CommandLine;

namespace RewardModeling.Tool.CommandLine;

/// <summary>Options that every command has.</summary>
internal static class GlobalOptions
{
    public const string JsonName = "--json";
    public const string VerboseName = "--verbose";

    public static Option<bool> Json() => new(JsonName)
    {
        Description = "Print exactly one JSON object, as the last line of standard output; the rest goes to standard error.",
        Recursive = true,
    };

    public static Option<bool> Verbose() => new(VerboseName)
    {
        Description = "Print the library's log messages too and, on an error, where in the code it happened.",
        Recursive = true,
    };
}
