namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>A value read out of a reply, or the reason why there is none, worded so that it can be told to the teacher.</summary>
internal readonly record struct Parsed<T>(T? Value, string? Problem)
    where T : notnull
{
    public bool IsValid => Problem is null;

    public static implicit operator Parsed<T>(T value) => new(value, null);

    public static Parsed<T> Invalid(string problem) => new(default, problem);
}
