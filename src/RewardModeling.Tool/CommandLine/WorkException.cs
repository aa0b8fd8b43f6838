namespace RewardModeling.Tool.CommandLine;

/// <summary>The work failed for a reason that the message explains; ends the process with <see cref="ExitCode.Failure"/>.</summary>
internal sealed class WorkException : Exception
{
    public WorkException(string message)
        : base(message)
    {
    }

    public WorkException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
