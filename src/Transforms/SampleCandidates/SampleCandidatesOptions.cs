namespace Microsoft.ML.RewardModeling;

/// <summary>Options of <see cref="SampleCandidatesEstimator"/>.</summary>
public sealed record SampleCandidatesOptions
{
    /// <summary>
    /// Answers of each model to each prompt, 1-100, told apart by their sampling seed. More than one needs a
    /// <see cref="Temperature"/> above 0. Default 1.
    /// </summary>
    public int SamplesPerModel { get; init; } = 1;

    /// <summary>Sampling temperature of these answers, 0-2. Null, the default, takes each client's own.</summary>
    public float? Temperature { get; init; }

    /// <summary>Input, text: the prompt. Default "Prompt".</summary>
    public string PromptColumnName { get; init; } = RewardColumns.Prompt;

    /// <summary>
    /// Input (optional) and output, text: the answers, see <see cref="CandidateList"/>; those of the input stay, and the new ones
    /// follow in the order of the models. Default "Candidates".
    /// </summary>
    public string CandidatesColumnName { get; init; } = RewardColumns.Candidates;

    /// <summary>Input (optional) and output, text: the status. Default "TeacherStatus".</summary>
    public string TeacherStatusColumnName { get; init; } = RewardColumns.TeacherStatus;

    /// <summary>How the models are called that are not a <see cref="TeacherClient"/> already.</summary>
    public TeacherClientOptions Client { get; init; } = new();

    internal void Validate()
    {
        OptionErrors errors = new(nameof(SampleCandidatesOptions));
        errors.Check(SamplesPerModel is >= 1 and <= 100, nameof(SamplesPerModel), SamplesPerModel, "1-100");
        errors.Check(Temperature is null or (>= 0 and <= 2), nameof(Temperature), Temperature, "null or 0-2");
        errors.Check(SamplesPerModel <= 1 || Temperature is > 0, nameof(Temperature), Temperature, "above 0 for several samples of one model, which are equal otherwise");
        errors.CheckColumns(
            (nameof(PromptColumnName), PromptColumnName),
            (nameof(CandidatesColumnName), CandidatesColumnName),
            (nameof(TeacherStatusColumnName), TeacherStatusColumnName));
        errors.CheckClient(nameof(Client), Client);
        errors.ThrowIfAny();
    }
}
