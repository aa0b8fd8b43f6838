namespace Microsoft.ML.RewardModeling;

/// <summary>Options of <see cref="TeacherRespondEstimator"/>.</summary>
public sealed record TeacherRespondOptions
{
    /// <summary>Input, text: the prompt. Default "Prompt".</summary>
    public string PromptColumnName { get; init; } = RewardColumns.Prompt;

    /// <summary>
    /// Output, text: the teacher's answer. An input column of this name that holds a text is kept. Default
    /// "TeacherResponse".
    /// </summary>
    public string TeacherResponseColumnName { get; init; } = RewardColumns.TeacherResponse;

    /// <summary>Input (optional) and output, text: the status. Default "TeacherStatus".</summary>
    public string TeacherStatusColumnName { get; init; } = RewardColumns.TeacherStatus;

    /// <summary>How the teacher is called when it is not a <see cref="TeacherClient"/> already.</summary>
    public TeacherClientOptions Client { get; init; } = new();

    internal void Validate()
    {
        OptionErrors errors = new(nameof(TeacherRespondOptions));
        errors.CheckColumns(
            (nameof(PromptColumnName), PromptColumnName),
            (nameof(TeacherResponseColumnName), TeacherResponseColumnName),
            (nameof(TeacherStatusColumnName), TeacherStatusColumnName));
        errors.CheckClient(nameof(Client), Client);
        errors.ThrowIfAny();
    }
}
