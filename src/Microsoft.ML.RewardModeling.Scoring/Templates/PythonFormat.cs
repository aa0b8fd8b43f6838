using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>The plain forms of Python's string formatting; what has further options is refused.</summary>
internal static class PythonFormat
{
    /// <summary>'%s and %d' % values.</summary>
    public static string Percent(string format, object? values)
    {
        IReadOnlyList<object?> items = values is PythonTuple tuple ? tuple.Items : [values];
        StringBuilder result = new();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                result.Append(format[i]);
                continue;
            }

            char kind = ++i < format.Length ? format[i] : '\0';
            if (kind == '%')
            {
                result.Append('%');
                continue;
            }

            if (kind is not ('s' or 'r' or 'd' or 'i'))
            {
                throw TemplateException.Unsupported($"the format '{format}'");
            }

            if (next >= items.Count)
            {
                throw new TemplateException("not enough arguments for format string");
            }

            object? item = items[next++];
            TemplateRun.CheckLength(result.Length);
            result.Append(kind switch
            {
                's' => PythonValue.ToText(item),
                'r' => PythonValue.Represent(item),
                _ => item is double real
                    ? ((long)real).ToString(CultureInfo.InvariantCulture)
                    : PythonValue.ToInteger(item).ToString(CultureInfo.InvariantCulture),
            });
        }

        return next < items.Count && values is not PythonDict
            ? throw new TemplateException("not all arguments converted during string formatting")
            : result.ToString();
    }

    /// <summary>'{} and {0} and {name}'.format(...).</summary>
    public static string Braces(string format, Arguments arguments)
    {
        StringBuilder result = new();
        int next = 0;
        bool manual = false;
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is '{' or '}' && i + 1 < format.Length && format[i + 1] == c)
            {
                result.Append(c);
                i++;
                continue;
            }

            if (c != '{')
            {
                result.Append(c == '}' ? throw new TemplateException("Single '}' encountered in format string") : c);
                continue;
            }

            TemplateRun.CheckLength(result.Length);
            int end = format.IndexOf('}', i);
            string field = end < 0 ? throw new TemplateException("Single '{' encountered in format string") : format[(i + 1)..end];
            i = end;
            if (field.Length == 0 || field.All(char.IsAsciiDigit))
            {
                if (field.Length == 0 ? manual : next > 0)
                {
                    throw new TemplateException("cannot switch from manual field specification to automatic field numbering");
                }

                manual = field.Length > 0;
                int index = field.Length == 0 ? next++ : int.Parse(field, CultureInfo.InvariantCulture);
                result.Append(index < arguments.Positional.Count
                    ? PythonValue.ToText(arguments.Positional[index])
                    : throw new TemplateException($"Replacement index {index} out of range for positional args tuple"));
            }
            else if (arguments.Named.TryGetValue(field, out object? value))
            {
                result.Append(PythonValue.ToText(value));
            }
            else
            {
                throw TemplateException.Unsupported($"the format field '{{{field}}}'");
            }
        }

        return result.ToString();
    }
}
