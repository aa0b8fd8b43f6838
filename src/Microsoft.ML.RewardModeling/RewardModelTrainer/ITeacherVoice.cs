namespace Microsoft.ML.RewardModeling;

/// <summary>Somebody who says how likely texts are.</summary>
internal interface ITeacherVoice : IDisposable
{
    /// <summary>Whether it has another tokenizer than the student.</summary>
    bool IsSpans { get; }

    /// <summary>An opinion per text, in order; null where there is none.</summary>
    IReadOnlyList<TeacherOpinion?> Ask(IReadOnlyList<TeacherText> texts, TeacherLogitsOptions options);
}
