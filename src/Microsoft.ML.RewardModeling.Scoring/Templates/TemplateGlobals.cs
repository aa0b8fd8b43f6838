using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>The functions that transformers gives to every chat template.</summary>
internal static class TemplateGlobals
{
    private const long MaxRange = 100_000;

    /// <summary>
    /// The date that <c>strftime_now</c> always gives: rewards must not change with the calendar. It is the one that Llama's templates
    /// write when they know no date.
    /// </summary>
    private static readonly DateTime Today = new(2024, 7, 26, 0, 0, 0, DateTimeKind.Utc);

    public static bool TryGet(string name, out object? value)
    {
        Func<Arguments, object?>? body = name switch
        {
            "range" => Range,
            "namespace" => a => Fill(new PythonNamespace(), a, (space, key, item) => space.Attributes[PythonValue.ToText(key)] = item),
            "dict" => a => Fill(new PythonDict(), a, (dict, key, item) => dict[key ?? PythonValue.NoneKey] = item),
            "raise_exception" => a => throw new TemplateException(PythonValue.ToText(a.Required(0, "message"))),
            "strftime_now" => a => FormatDate(a.Text(0, "format")),
            "cycler" or "joiner" or "lipsum" => _ => throw TemplateException.Unsupported($"the function '{name}'"),
            _ => null,
        };
        value = body is null ? null : new PythonFunction(name, body);
        return body is not null;
    }

    private static List<object?> Range(Arguments arguments)
    {
        arguments.Accept("start", "stop", "step");
        long first = arguments.Integer(0, "start", 0);
        bool one = arguments.Positional.Count == 1;
        long start = one ? 0 : first;
        long stop = one ? first : PythonValue.ToInteger(arguments.Required(1, "stop"));
        long step = arguments.Integer(2, "step", 1);
        if (step == 0)
        {
            throw new TemplateException("range() arg 3 must not be zero");
        }

        List<object?> result = [];
        for (long i = start; step > 0 ? i < stop : i > stop; i += step)
        {
            if (result.Count >= MaxRange)
            {
                throw new TemplateException($"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MaxRange}).");
            }

            result.Add(i);
        }

        return result;
    }

    private static T Fill<T>(T target, Arguments arguments, Action<T, object?, object?> set)
    {
        if (arguments.Positional.Count > 0)
        {
            IEnumerable<object?> pairs = arguments.Positional[0] switch
            {
                PythonDict dict => PythonMethods.Pairs(dict),
                PythonNamespace => throw TemplateException.Unsupported("a namespace of a namespace"),
                var other => PythonValue.Iterate(other),
            };
            foreach (object? pair in pairs)
            {
                IReadOnlyList<object?> items = PythonValue.Iterate(pair);
                if (items.Count != 2)
                {
                    throw new TemplateException("expected pairs of key and value");
                }

                set(target, items[0], items[1]);
            }
        }

        foreach (KeyValuePair<string, object?> entry in arguments.Named)
        {
            set(target, entry.Key, entry.Value);
        }

        return target;
    }

    private static string FormatDate(string format)
    {
        StringBuilder result = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 >= format.Length)
            {
                result.Append(format[i]);
                continue;
            }

            char directive = format[++i];
            bool unpadded = directive == '-' && i + 1 < format.Length;
            directive = unpadded ? format[++i] : directive;
            string value = directive switch
            {
                'd' => Date("dd"),
                'm' => Date("MM"),
                'b' or 'h' => Date("MMM"),
                'B' => Date("MMMM"),
                'Y' => Date("yyyy"),
                'y' => Date("yy"),
                'a' => Date("ddd"),
                'A' => Date("dddd"),
                'j' => Today.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
                'H' or 'M' or 'S' => "00",
                'I' => "12",
                'p' => "AM",
                'F' => Date("yyyy-MM-dd"),
                'D' => Date("MM/dd/yy"),
                'T' => "00:00:00",
                '%' => "%",
                _ => throw TemplateException.Unsupported($"the date format '%{directive}'"),
            };
            result.Append(unpadded ? value.TrimStart('0') is { Length: > 0 } trimmed ? trimmed : "0" : value);
        }

        return result.ToString();

        static string Date(string pattern) => Today.ToString(pattern, CultureInfo.InvariantCulture);
    }
}
