namespace Microsoft.ML.RewardModeling.Scoring;

/// <summary>
/// A model directory, tokenizer, template or text that cannot be scored. The message says what was found, where, what was
/// expected and what to do.
/// </summary>
public sealed class RewardScoringException : Exception
{
    /// <summary>Creates the exception with a generic message.</summary>
    public RewardScoringException()
        : base("The reward model cannot score this input.")
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was found, where, what was expected, and the remedy.</param>
    public RewardScoringException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What was found, where, what was expected, and the remedy.</param>
    /// <param name="innerException">The cause.</param>
    public RewardScoringException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
