using System.Globalization;
using System.Text.Json;

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

    public static Parsed<PairScores> PairScores(TeacherReply reply, TeacherRequest request)
        => ReadFields(reply, request, [TeacherProtocol.Score1, TeacherProtocol.Score2], ["score_1", "score_2"], ParseScore, (a, b) => new PairScores(a, b));

    public static Parsed<Refinement> Refinement(TeacherReply reply, TeacherRequest request)
        => ReadFields(reply, request, [TeacherProtocol.Diagnosis, TeacherProtocol.Refined], ["diagnosis", "refined"], ParseText, (a, b) => new Refinement(a, b));

    public static Parsed<float> Score(TeacherReply reply, TeacherRequest request)
        => ReadFields(reply, request, [TeacherProtocol.Score], ["score"], ParseScore, (a, _) => a);

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

    private static Parsed<string> ParseText(string name, string text)
        => string.IsNullOrWhiteSpace(text) ? Parsed<string>.Invalid($"{name} is empty.") : text;

    private static Parsed<TResult> ReadFields<T, TResult>(
        TeacherReply reply, TeacherRequest request, string[] sections, string[] properties, Func<string, string, Parsed<T>> parse, Func<T, T, TResult> create)
        where T : notnull
        where TResult : notnull
    {
        string text = Text.WellFormed(reply.Text);
        bool isJson = request.Format is not null;
        string[] names = isJson ? properties : sections;
        T[] values = new T[names.Length];
        Parsed<Dictionary<string, string>> json = isJson ? ParseObject(text) : new Dictionary<string, string>();
        if (json.Problem is not null)
        {
            return Parsed<TResult>.Invalid(json.Problem);
        }

        for (int i = 0; i < names.Length; i++)
        {
            Parsed<string> content = !isJson ? Sections.Find(text, request.Nonce, names[i])
                : json.Value!.TryGetValue(names[i], out string? value) ? value
                : Parsed<string>.Invalid($"The property \"{names[i]}\" is missing.");
            Parsed<T> parsed = content.Problem is { } problem ? Parsed<T>.Invalid(problem) : parse(isJson ? $"\"{names[i]}\"" : $"The section {names[i]}", content.Value!);
            if (parsed.Problem is not null)
            {
                return Parsed<TResult>.Invalid(parsed.Problem);
            }

            values[i] = parsed.Value!;
        }

        return create(values[0], values[^1]);
    }

    /// <summary>The texts and numbers of a JSON object, numbers as written; other values count as missing.</summary>
    private static Parsed<Dictionary<string, string>> ParseObject(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(WithoutFence(text));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return Parsed<Dictionary<string, string>>.Invalid("It is no JSON object.");
            }

            Dictionary<string, string> values = [];
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                string? value = property.Value.ValueKind switch
                {
                    JsonValueKind.String => property.Value.GetString(),
                    JsonValueKind.Number => property.Value.GetRawText(),
                    _ => null,
                };
                if (value is not null && !values.TryAdd(property.Name, value))
                {
                    return Parsed<Dictionary<string, string>>.Invalid($"The property \"{Shorten(property.Name)}\" is there more than "
                        + "once.");
                }
            }

            return values;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return Parsed<Dictionary<string, string>>.Invalid("It is no valid JSON object, or it is cut off.");
        }
    }

    private static string Shorten(string name) => name.Length <= 20 ? name : name[..20];

    // Some models put a code fence around JSON although none was asked for.
    private static string WithoutFence(string text)
    {
        string trimmed = text.Trim();
        int firstLineEnd = trimmed.IndexOf('\n', StringComparison.Ordinal);
        return trimmed.StartsWith("```", StringComparison.Ordinal) && trimmed.EndsWith("```", StringComparison.Ordinal) && firstLineEnd > 0 && trimmed.Length - 3 > firstLineEnd
            ? trimmed[(firstLineEnd + 1)..^3]
            : trimmed;
    }
}
