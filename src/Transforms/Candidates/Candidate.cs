namespace Microsoft.ML.RewardModeling;

/// <summary>One of several answers to a prompt.</summary>
/// <param name="Response">The answer; empty when a model gave none, and then <paramref name="Status"/> says why.</param>
/// <param name="Score">The teacher's score, 1-10; null when not rated.</param>
/// <param name="Source">Who wrote the answer, for example the name of a model; null when unknown.</param>
/// <param name="Status">Null when the answer can be used, else one of <see cref="TeacherStatus"/>.</param>
public sealed record Candidate(string Response, float? Score = null, string? Source = null, string? Status = null);
