namespace Microsoft.ML.RewardModeling;

/// <summary>
/// Outside data, a file, a model or a teacher that cannot be used. The message says what was found, where, what was
/// expected and what to do.
/// </summary>
public sealed class RewardModelingException : Exception
{
    /// <summary>Creates the exception with a generic message.</summary>
    public RewardModelingException()
        : base("The input cannot be used.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was found, where, what was expected, and the remedy.</param>
    public RewardModelingException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What was found, where, what was expected, and the remedy.</param>
    /// <param name="innerException">The cause.</param>
    public RewardModelingException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>
    /// True when the work stopped on purpose with everything paid for kept, so that running the same again goes on from
    /// here: the teacher's budget is used up.
    /// </summary>
    public bool CanResume { get; init; }
}
