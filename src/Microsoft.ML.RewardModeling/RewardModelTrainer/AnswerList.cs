namespace Microsoft.ML.RewardModeling;

/// <summary>A prompt with scored answers, as text.</summary>
/// <param name="Id">Names the list in errors.</param>
/// <param name="Prompt">The prompt as a column holds it; it decides the split.</param>
/// <param name="Answers">Answers with their scores, in any order.</param>
/// <param name="TeacherResponse">The teacher's own answer; empty if there is none.</param>
internal sealed record AnswerList(string Id, string Prompt, IReadOnlyList<(string Response, float Score)> Answers, string TeacherResponse);
