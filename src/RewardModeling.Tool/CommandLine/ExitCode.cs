namespace RewardModeling.Tool.CommandLine;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command line was right, the work was not done: bad data, a full disk, an exhausted budget.</summary>
    public const int Failure = 1;

    /// <summary>The command line itself is wrong: an unknown option, a value out of range, an input that does not exist.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl-C (128 + SIGINT, as shells count it).</summary>
    public const int Cancelled = 130;
}
