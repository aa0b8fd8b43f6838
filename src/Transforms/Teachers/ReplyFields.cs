using System.Text;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Teachers;

/// <summary>
/// The fields of one reply: its marked sections, or the properties of its JSON object. Total: what is not there, there twice,
/// or without the request's own code is a problem, never a guess.
/// </summary>
internal sealed class ReplyFields
{
    private readonly TeacherReply _reply;
    private readonly TeacherRequest _request;
    private readonly string _text;
    private readonly Dictionary<string, string>? _properties;

    private ReplyFields(TeacherReply reply, TeacherRequest request, string text, Dictionary<string, string>? properties)
    {
        _reply = reply;
        _request = request;
        _text = text;
        _properties = properties;
    }

    public static Parsed<ReplyFields> Read(TeacherReply reply, TeacherRequest request)
    {
        string text = Text.WellFormed(reply.Text);
        if (request.Format is null)
        {
            return new ReplyFields(reply, request, text, null);
        }

        string json = WithoutFence(text);
        Parsed<Dictionary<string, string>> properties = ParseObject(json);
        return properties.Problem is { } problem ? Parsed<ReplyFields>.Invalid(problem)
            : properties.Value!.GetValueOrDefault("code") != request.Nonce ? Parsed<ReplyFields>.Invalid(
                "The property \"code\" must hold the code of the request, copied letter by letter.")
            : new ReplyFields(reply, request, json, properties.Value);
    }

    /// <summary>A score; the expected one where the reply came with the log-probabilities of its tokens.</summary>
    public Parsed<float> Score(string section, string property)
    {
        Parsed<string> content = Content(section, property);
        Parsed<float> score = content.Problem is { } problem ? Parsed<float>.Invalid(problem)
            : TeacherReplies.ParseScore(Describe(section, property), content.Value!);
        if (score.Problem is not null || _reply.LogProbabilities is null || Place(section, property) is not { } place)
        {
            return score;
        }

        string written = place.In(_text);
        int start = place.Start + written.Length - written.TrimStart().Length;
        int end = place.End - (written.Length - written.TrimEnd().Length);
        return ExpectedScore.Of(_reply.LogProbabilities, _text[place.Name..end], start - place.Name) is { } expected ? expected : score;
    }

    /// <summary>A text that is not blank.</summary>
    public Parsed<string> NotBlank(string section, string property)
    {
        Parsed<string> content = Content(section, property);
        return content.Problem is null && string.IsNullOrWhiteSpace(content.Value)
            ? Parsed<string>.Invalid($"{Describe(section, property)} is empty.")
            : content;
    }

    private Parsed<string> Content(string section, string property) => _properties is null ? Sections.Find(_text, _request.Nonce, section)
        : _properties.TryGetValue(property, out string? value) ? value
        : Parsed<string>.Invalid($"The property \"{property}\" is missing.");

    private string Describe(string section, string property) => _properties is null ? $"The section {section}" : $"\"{property}\"";

    private FieldPlace? Place(string section, string property) => _properties is not null ? PlaceInJson(_text, property)
        : Sections.Locate(_text, _request.Nonce, section) is { Problem: null } place ? place.Value : null;

    /// <summary>The texts and numbers of a JSON object, numbers as written; other values count as missing.</summary>
    private static Parsed<Dictionary<string, string>> ParseObject(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return Parsed<Dictionary<string, string>>.Invalid("It is no JSON object.");
            }

            HashSet<string> names = [];
            Dictionary<string, string> values = [];
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (!names.Add(property.Name))
                {
                    return Parsed<Dictionary<string, string>>.Invalid($"The property \"{Shorten(property.Name)}\" is there more than once.");
                }

                string? value = property.Value.ValueKind switch
                {
                    JsonValueKind.String => property.Value.GetString(),
                    JsonValueKind.Number => property.Value.GetRawText(),
                    _ => null,
                };
                if (value is not null)
                {
                    values.Add(property.Name, value);
                }
            }

            return values;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return Parsed<Dictionary<string, string>>.Invalid("It is no valid JSON object, or it is cut off.");
        }
    }

    /// <summary>Where a number (or a text that needs no escapes) of the outermost object stands; the text has been parsed before.</summary>
    private static FieldPlace? PlaceInJson(string text, string property)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Utf8JsonReader reader = new(bytes);
        int Character(long position) => Encoding.UTF8.GetCharCount(bytes.AsSpan(0, (int)position));
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals(property))
            {
                int name = Character(reader.TokenStartIndex);
                reader.Read();
                int quote = reader.TokenType == JsonTokenType.String ? 1 : 0;
                return reader.ValueIsEscaped ? null
                    : new FieldPlace(name, Character(reader.TokenStartIndex) + quote, Character(reader.BytesConsumed) - quote);
            }
        }

        return null;
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
