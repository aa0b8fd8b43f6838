namespace RewardModeling.Tool.CommandLine;

/// <summary>The command line cannot be obeyed as it stands; ends the process with <see cref="ExitCode.Usage"/>.</summary>
internal sealed class UsageException(string message) : Exception(message);
