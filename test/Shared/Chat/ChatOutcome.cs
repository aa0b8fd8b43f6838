namespace RewardModeling.Testing.Chat;

/// <summary>What became of a request at the server.</summary>
internal enum ChatOutcome
{
    /// <summary>Answered, and paid for.</summary>
    Answered,

    /// <summary>429 with Retry-After.</summary>
    Throttled,

    /// <summary>500 or 503.</summary>
    ServerError,

    /// <summary>The connection was cut without an answer.</summary>
    BrokenConnection,

    /// <summary>No answer before the client gave up.</summary>
    Hanging,
}
