namespace RewardModeling.Tool.Teaching;

/// <summary>Where a teacher's replies come from.</summary>
internal enum TeacherKind
{
    /// <summary>A file with answers, scores and refinements.</summary>
    Recorded,

    /// <summary>A server that speaks OpenAI's chat protocol.</summary>
    OpenAI,

    /// <summary>An Ollama server.</summary>
    Ollama,
}
