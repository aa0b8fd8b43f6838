namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>What a failed call means.</summary>
internal enum FailureKind
{
    /// <summary>Worth another try: throttled, overloaded, broken connection, deadline.</summary>
    Transient,

    /// <summary>This request will never work (too long, refused content), others may.</summary>
    Request,

    /// <summary>No request will work: wrong key, unknown model, a bug.</summary>
    Fatal,
}
