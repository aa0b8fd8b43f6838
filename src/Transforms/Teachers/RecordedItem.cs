namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>What a teacher once said about one prompt and its two answers.</summary>
internal sealed record RecordedItem(
    string Id,
    Conversation Prompt,
    string ResponseA,
    string ResponseB,
    float ScoreA,
    float ScoreB,
    string TeacherResponse,
    string Diagnosis,
    string Refined,
    float RefinedScore)
{
    public string Worse => ScoreA < ScoreB ? ResponseA : ResponseB;

    public float WorseScore => Math.Min(ScoreA, ScoreB);

    public float? ScoreOf(string answer) => answer == ResponseA ? ScoreA : answer == ResponseB ? ScoreB : null;

    /// <summary>The score of one of the two answers, or of the refined one.</summary>
    public float? AnyScoreOf(string answer) => ScoreOf(answer) ?? (answer == Refined ? RefinedScore : null);

    public static RecordedItem Parse(PairRecord record)
    {
        JsonFields fields = new(record, "\"prompt\" with \"response_a\", \"response_b\" and what a teacher said about them");
        float Score(string name) => fields.OptionalNumber(name) is { } score and >= 1 and <= 10 && score * 2 % 1 == 0 ? score
            : throw fields.Error($"found no usable \"{name}\"", "a number from 1 to 10, half points allowed", "Add or correct the field.");
        return new RecordedItem(
            fields.OptionalId() ?? record.Place, fields.Prompt(), fields.Answer("response_a"), fields.Answer("response_b"), Score("score_a"), Score("score_b"),
            fields.Answer("teacher_response"), fields.Answer("diagnosis"), fields.Answer("refined"), Score("refined_score"));
    }
}
