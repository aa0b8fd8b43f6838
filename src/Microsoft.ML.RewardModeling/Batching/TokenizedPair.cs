namespace Microsoft.ML.RewardModeling.Batching;

/// <summary>A preference pair as ids. Absent numbers are NaN.</summary>
/// <param name="Id">Names the pair in errors.</param>
/// <param name="Chosen">Prompt and better response.</param>
/// <param name="Rejected">Prompt and worse response.</param>
internal sealed record TokenizedPair(string Id, TokenizedSequence Chosen, TokenizedSequence Rejected)
{
    /// <summary>The teacher's score of the chosen minus that of the rejected response.</summary>
    public float Margin { get; init; } = float.NaN;

    /// <summary>The teacher's score of the chosen response, 1-10.</summary>
    public float ChosenScore { get; init; } = float.NaN;

    /// <summary>The teacher's score of the rejected response, 1-10.</summary>
    public float RejectedScore { get; init; } = float.NaN;

    /// <summary>Prompt and the teacher's own response, for the generative losses; null if there is none.</summary>
    public TokenizedSequence? Teacher { get; init; }

    /// <summary>
    /// All answers of the prompt with their scores, the best first, for list-wise objectives: chosen and rejected are then the
    /// first and the last. Empty for a plain pair.
    /// </summary>
    public IReadOnlyList<ScoredSequence> Ranked { get; init; } = [];

    /// <summary>Tokens of everything that is read for the pair.</summary>
    public int Tokens(bool withTeacher)
        => (Ranked.Count > 0 ? Ranked.Sum(answer => answer.Ids.Length) : Chosen.Ids.Length + Rejected.Ids.Length) + (withTeacher ? Teacher?.Ids.Length ?? 0 : 0);

    /// <summary>Whether a part of the prompt or of a response was cut to fit the maximum length.</summary>
    public bool Truncated { get; init; }
}
