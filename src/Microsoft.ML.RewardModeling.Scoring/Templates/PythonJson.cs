using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>json.dumps as transformers' <c>tojson</c> filter calls it: Unicode stays as it is.</summary>
internal static class PythonJson
{
    public static string Serialize(object? value, bool ensureAscii, string? indent, string itemSeparator, string keySeparator, bool sortKeys)
    {
        StringBuilder output = new();
        new Writer(output, ensureAscii, indent, itemSeparator, keySeparator, sortKeys).Write(value, 0);
        return output.ToString();
    }

    private sealed record Writer(
        StringBuilder Output, bool EnsureAscii, string? Indent, string ItemSeparator, string KeySeparator, bool SortKeys)
    {
        private const int MaxDepth = 200;

        public void Write(object? value, int depth)
        {
            if (depth > MaxDepth)
            {
                throw new TemplateException("a value is nested too deeply for tojson");
            }

            switch (value)
            {
                case null:
                    Output.Append("null");
                    break;
                case bool truth:
                    Output.Append(truth ? "true" : "false");
                    break;
                case long number:
                    Output.Append(number.ToString(CultureInfo.InvariantCulture));
                    break;
                case double number:
                    Output.Append(double.IsNaN(number) ? "NaN"
                        : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonText.Number(number));
                    break;
                case string text:
                    Text(text);
                    break;
                case List<object?> or PythonTuple:
                    Block('[', ']', PythonValue.Iterate(value), depth, item => Write(item, depth + 1));
                    break;
                case PythonDict dict:
                    IEnumerable<KeyValuePair<object, object?>> entries = SortKeys
                        ? PythonSort.Sort([.. dict.Entries.Cast<object?>()], entry => PythonValue.Key(((KeyValuePair<object, object?>)entry!).Key), reverse: false)
                            .Cast<KeyValuePair<object, object?>>()
                        : dict.Entries;
                    Block('{', '}', [.. entries], depth, entry =>
                    {
                        Text(KeyText(PythonValue.Key(entry.Key)));
                        Output.Append(KeySeparator);
                        Write(entry.Value, depth + 1);
                    });
                    break;
                default:
                    throw new TemplateException($"Object of type {PythonValue.TypeName(value)} is not JSON serializable");
            }
        }

        private static string KeyText(object? key) => key switch
        {
            string text => text,
            null => "null",
            bool truth => truth ? "true" : "false",
            long or double => PythonValue.ToText(key),
            _ => throw new TemplateException($"keys must be str, int, float, bool or None, not {PythonValue.TypeName(key)}"),
        };

        private void Block<T>(char open, char close, IReadOnlyList<T> items, int depth, Action<T> write)
        {
            Output.Append(open);
            for (int i = 0; i < items.Count; i++)
            {
                if (i > 0)
                {
                    Output.Append(ItemSeparator);
                }

                NewLine(depth + 1);
                write(items[i]);
            }

            if (items.Count > 0)
            {
                NewLine(depth);
            }

            Output.Append(close);
        }

        private void NewLine(int depth)
        {
            if (Indent is not null)
            {
                Output.Append('\n');
                for (int i = 0; i < depth; i++)
                {
                    Output.Append(Indent);
                }
            }
        }

        private void Text(string text)
        {
            Output.Append('"');
            foreach (char c in text)
            {
                _ = c switch
                {
                    '"' => Output.Append("\\\""),
                    '\\' => Output.Append("\\\\"),
                    '\n' => Output.Append("\\n"),
                    '\r' => Output.Append("\\r"),
                    '\t' => Output.Append("\\t"),
                    '\b' => Output.Append("\\b"),
                    '\f' => Output.Append("\\f"),
                    < ' ' => Output.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                    > '~' when EnsureAscii => Output.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                    _ => Output.Append(c),
                };
            }

            Output.Append('"');
        }
    }
}
