using System.Globalization;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>Two ratings of one reply, in the order in which the answers were shown.</summary>
internal readonly record struct PairScores(float First, float Second);

/// <summary>What is wrong with the rejected answer, and its minimal edit.</summary>
internal sealed record Refinement(string Diagnosis, string Refined);

/// <summary>
/// Parsers of replies: total functions that never throw. A reply is read from its marked sections or its JSON fields alone,
/// never from free text, so a number in an answer cannot become a score.
/// </summary>
internal static class TeacherReplies
{
    public static Parsed<string> Response(TeacherReply reply)
        => string.IsNullOrWhiteSpace(reply.Text) ? Parsed<string>.Invalid("It was empty.")
        : reply.IsCutOff ? Parsed<string>.Invalid("It was cut off by the length limit; answer more briefly.")
        : Text.WellFormed(reply.Text);

    public static Parsed<PairScores> PairScores(TeacherReply reply, TeacherRequest request) => ReadTwo(
        reply,
        request,
        fields => fields.Score(TeacherProtocol.Score1, "score_1"),
        fields => fields.Score(TeacherProtocol.Score2, "score_2"),
        (first, second) => new PairScores(first, second));

    public static Parsed<Refinement> Refinement(TeacherReply reply, TeacherRequest request) => ReadTwo(
        reply,
        request,
        fields => fields.NotBlank(TeacherProtocol.Diagnosis, "diagnosis"),
        fields => fields.NotBlank(TeacherProtocol.Refined, "refined"),
        (diagnosis, refined) => new Refinement(diagnosis, refined));

    public static Parsed<float> Score(TeacherReply reply, TeacherRequest request)
    {
        Parsed<ReplyFields> fields = ReplyFields.Read(reply, request);
        return fields.Problem is { } problem ? Parsed<float>.Invalid(problem) : fields.Value!.Score(TeacherProtocol.Score, "score");
    }

    /// <summary>A number from 1 to 10 in steps of one half, written with at most two decimals and nothing around it.</summary>
    public static Parsed<float> ParseScore(string name, string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        return digits.Length is > 0 and <= 5
            && decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal score)
            && score is >= 1 and <= 10 && score * 2 % 1 == 0
            ? (float)score
            : Parsed<float>.Invalid($"{name} must hold one number from 1 to 10, half points allowed, and nothing else.");
    }

    private static Parsed<TResult> ReadTwo<T, TResult>(
        TeacherReply reply, TeacherRequest request, Func<ReplyFields, Parsed<T>> readFirst, Func<ReplyFields, Parsed<T>> readSecond, Func<T, T, TResult> create)
        where T : notnull
        where TResult : notnull
    {
        Parsed<ReplyFields> fields = ReplyFields.Read(reply, request);
        if (fields.Problem is { } problem)
        {
            return Parsed<TResult>.Invalid(problem);
        }

        Parsed<T> first = readFirst(fields.Value!);
        Parsed<T> second = first.Problem is null ? readSecond(fields.Value!) : first;
        return second.Problem is { } fault ? Parsed<TResult>.Invalid(fault) : create(first.Value!, second.Value!);
    }
}
