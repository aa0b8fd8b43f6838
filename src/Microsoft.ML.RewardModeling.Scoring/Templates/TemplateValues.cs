using System.Collections;
using System.Text.Json;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>Turns .NET values into the values of templates.</summary>
internal static class TemplateValues
{
    private const int MaxDepth = 100;

    public static object? From(object? value, int depth = 0)
    {
        if (depth > MaxDepth)
        {
            throw new TemplateException($"a variable is nested more than {MaxDepth} deep");
        }

        switch (value)
        {
            case null or bool or long or double or string or List<object?> or PythonDict or PythonTuple:
                return value;
            case sbyte or byte or short or ushort or int or uint:
                return Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture);
            case float or decimal:
                return Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture);
            case JsonElement element:
                return FromJson(element, depth);
            case JsonDocument document:
                return FromJson(document.RootElement, depth);
            case ChatTurn turn:
                return Turn(turn);
            case IEnumerable<KeyValuePair<string, object?>> entries:
                PythonDict dict = new();
                foreach (KeyValuePair<string, object?> entry in entries)
                {
                    dict[entry.Key] = From(entry.Value, depth + 1);
                }

                return dict;
            case IDictionary untyped:
                PythonDict converted = new();
                foreach (DictionaryEntry entry in untyped)
                {
                    converted[From(entry.Key, depth + 1)!] = From(entry.Value, depth + 1);
                }

                return converted;
            case IEnumerable items:
                List<object?> list = [];
                foreach (object? item in items)
                {
                    list.Add(From(item, depth + 1));
                }

                return list;
            default:
                throw new TemplateException(
                    $"a variable is a {value.GetType().Name}. Expected null, bool, a number, text, a list, a dictionary or a JsonElement");
        }
    }

    public static PythonDict Turn(ChatTurn turn)
    {
        PythonDict dict = new();
        dict["role"] = turn.Role;
        dict["content"] = turn.Content;
        return dict;
    }

    private static object? FromJson(JsonElement element, int depth)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                PythonDict dict = new();
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    dict[property.Name] = From(property.Value, depth + 1);
                }

                return dict;
            case JsonValueKind.Array:
                return element.EnumerateArray().Select(item => From(item, depth + 1)).ToList();
            case JsonValueKind.String:
                return element.GetString();
            case JsonValueKind.Number:
                // A whole number is an int in Python, one with a point or exponent a float.
                return element.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0 && element.TryGetInt64(out long number) ? (object)number : element.GetDouble();
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            default:
                return null;
        }
    }
}
