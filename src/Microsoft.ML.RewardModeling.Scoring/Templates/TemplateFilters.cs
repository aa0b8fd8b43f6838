using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>Jinja's filters: <c>value | name(arguments)</c>; <c>tojson</c> is transformers' own.</summary>
internal static class TemplateFilters
{
    public static bool Exists(string name) => Find(name) is not null;

    public static object? Apply(string name, object? value, Arguments arguments) =>
        (Find(name) ?? throw TemplateException.Unsupported($"the filter '{name}'"))(value, arguments);

    private static Func<object?, Arguments, object?>? Find(string name) => name switch
    {
        "trim" => (v, a) => PythonText.Strip(PythonValue.ToText(v), a.Accept("chars").Get(0, "chars") is null ? null : a.Text(0, "chars")),
        "upper" => (v, _) => PythonText.Upper(PythonValue.ToText(v)),
        "lower" => (v, _) => PythonText.Lower(PythonValue.ToText(v)),
        "capitalize" => (v, _) => PythonText.Capitalize(PythonValue.ToText(v)),
        "title" => (v, _) => Title(PythonValue.ToText(v)),
        "string" or "safe" => (v, _) => PythonValue.ToText(v),
        "escape" or "e" or "forceescape" => (v, _) => Escape(PythonValue.ToText(v)),
        "replace" => (v, a) => PythonMethods.Replace(
            PythonValue.ToText(v), PythonValue.ToText(a.Required(0, "old")), PythonValue.ToText(a.Required(1, "new")),
            a.Get(2, "count") is null ? -1 : a.Integer(2, "count", -1)),
        "indent" => Indent,
        "format" => (v, a) => PythonFormat.Percent(PythonValue.ToText(v), new PythonTuple(a.Positional)),
        "tojson" => ToJson,
        "default" or "d" => (v, a) => v is Undefined || (PythonValue.IsTrue(a.Accept("default_value", "boolean").Get(1, "boolean", false)) && !PythonValue.IsTrue(v))
            ? a.Get(0, "default_value", "") : v,
        "length" or "count" => (v, _) => PythonValue.Length(v),
        "int" => Integer,
        "float" => (v, a) => Real(v) ?? a.Get(0, "default", 0.0),
        "abs" => (v, _) => v switch
        {
            double number => (object)Math.Abs(number),
            long or bool => Math.Abs(PythonValue.ToInteger(v)),
            _ => throw new TemplateException($"bad operand type for abs(): '{PythonValue.TypeName(v)}'"),
        },
        "round" => Round,
        "list" => (v, _) => PythonValue.Iterate(v).ToList(),
        "items" => (v, _) => PythonIterable.Generator(() => v is Undefined ? [] : v is PythonDict dict ? PythonMethods.Pairs(dict)
            : throw new TemplateException("Can only get item pairs from a mapping.")),
        "dictsort" => DictSort,
        "first" => (v, _) => v is PythonIterable iterable ? iterable.TryTake(out object? next) ? next : new Undefined("No first item, sequence was empty.")
            : PythonValue.Iterate(v) is { Count: > 0 } items ? items[0] : new Undefined("No first item, sequence was empty."),
        "last" => (v, _) => Reversible(v) is { Count: > 0 } items ? items[^1] : new Undefined("No last item, sequence was empty."),
        "reverse" => Reverse,
        "join" => Join,
        "sum" => (v, a) => Attributes(v, a.Accept("attribute", "start").Get(0, "attribute")).Aggregate(a.Get(1, "start", 0L), (x, y) => PythonOperators.Apply("+", x, y)),
        "min" or "max" => (v, a) => Extreme(v, a.Accept("case_sensitive", "attribute"), name == "min" ? -1 : 1),
        "sort" => (v, a) => Sort(v, a.Accept("reverse", "case_sensitive", "attribute")),
        "unique" => (v, a) => Unique(v, a.Accept("case_sensitive", "attribute")),
        "batch" => Batch,
        "attr" => (v, a) => PythonAttributes.Attribute(v, a.Text(0, "name"), orItem: false),
        "map" => Map,
        "select" => (v, a) => Select(v, a, keep: true, byAttribute: false),
        "reject" => (v, a) => Select(v, a, keep: false, byAttribute: false),
        "selectattr" => (v, a) => Select(v, a, keep: true, byAttribute: true),
        "rejectattr" => (v, a) => Select(v, a, keep: false, byAttribute: true),
        _ => null,
    };

    private static string Title(string text)
    {
        StringBuilder result = new(text.Length);
        bool begins = true;
        foreach (string point in PythonText.CodePoints(text))
        {
            bool separator = PythonText.IsSpace(point[0]) || point[0] is '-' or '(' or '{' or '[' or '<';
            result.Append(begins ? PythonText.Upper(point) : PythonText.Lower(point));
            begins = separator;
        }

        return result.ToString();
    }

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);

    private static string Indent(object? value, Arguments arguments)
    {
        arguments.Accept("width", "first", "blank");
        switch (value)
        {
            case string:
                break;
            case Undefined undefined:
                throw undefined.Error();
            case List<object?>:
                throw new TemplateException("'list' object has no attribute 'splitlines'");
            case PythonTuple:
                throw new TemplateException("can only concatenate tuple (not \"str\") to tuple");
            default:
                throw new TemplateException($"unsupported operand type(s) for +=: '{PythonValue.TypeName(value)}' and 'str'");
        }

        string indent = arguments.Get(0, "width", 4L) is string text ? text : new string(' ', (int)Math.Clamp(arguments.Integer(0, "width", 4), 0, 10_000));
        bool blank = PythonValue.IsTrue(arguments.Get(2, "blank", false));
        IEnumerable<string> lines = PythonMethods.Lines(PythonValue.ToText(value) + "\n", keepEnds: false).Select((line, i) =>
            i > 0 && (blank || PythonValue.IsTrue(line)) ? indent + line : (string)line!);
        return (PythonValue.IsTrue(arguments.Get(1, "first", false)) ? indent : "") + string.Join('\n', lines);
    }

    private static string ToJson(object? value, Arguments arguments)
    {
        arguments.Accept("ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = arguments.Get(1, "indent") switch
        {
            null => null,
            string text => text,
            _ => new string(' ', (int)Math.Clamp(arguments.Integer(1, "indent", 0), 0, 1000)),
        };
        string item = indent is null ? ", " : ",";
        string key = ": ";
        if (arguments.Get(2, "separators") is { } separators)
        {
            IReadOnlyList<object?> pair = PythonValue.Iterate(separators);
            (item, key) = pair is [string first, string second] ? (first, second)
                : throw new TemplateException("tojson() separators must be a pair of strings");
        }

        return PythonJson.Serialize(
            value, PythonValue.IsTrue(arguments.Get(0, "ensure_ascii", false)), indent, item, key, PythonValue.IsTrue(arguments.Get(3, "sort_keys", false)));
    }

    private static object? Integer(object? value, Arguments arguments)
    {
        arguments.Accept("default", "base");
        if (arguments.Integer(1, "base", 10) != 10)
        {
            throw TemplateException.Unsupported("the filter 'int' with a base");
        }

        return value switch
        {
            long or bool => PythonValue.ToInteger(value),
            string text when long.TryParse(PythonText.Strip(text), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) => number,
            _ => Real(value) is double real && Math.Abs(real) < 9e18 ? (object)(long)real : arguments.Get(0, "default", 0L),
        };
    }

    private static double? Real(object? value) => value switch
    {
        string text => double.TryParse(PythonText.Strip(text), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null,
        Undefined undefined => throw undefined.Error(),
        _ => PythonValue.Number(value),
    };

    private static object? Round(object? value, Arguments arguments)
    {
        arguments.Accept("precision", "method");
        int precision = (int)Math.Clamp(arguments.Integer(0, "precision", 0), -15, 15);
        if (value is long or bool && precision >= 0 && arguments.Text(1, "method", "common") == "common")
        {
            return PythonValue.ToInteger(value);
        }

        double number = PythonValue.Number(value) ?? throw Unroundable(value, arguments.Text(1, "method", "common"));
        double scale = Math.Pow(10, precision);
        return arguments.Text(1, "method", "common") switch
        {
            "common" => HalfEven(number, precision, scale),
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            _ => throw new TemplateException("method must be common, ceil or floor"),
        };
    }

    private static TemplateException Unroundable(object? value, string method) => value switch
    {
        Undefined undefined when method != "common" => undefined.Error(),
        _ when method == "common" => new TemplateException($"type {PythonValue.TypeName(value)} doesn't define __round__ method"),
        string or List<object?> or PythonTuple => new TemplateException($"must be real number, not {PythonValue.TypeName(value)}"),
        _ => new TemplateException($"unsupported operand type(s) for *: '{PythonValue.TypeName(value)}' and 'int'"),
    };

    // Python rounds the exact decimal value, which only at an exact half needs the even digit.
    private static double HalfEven(double number, int precision, double scale)
    {
        bool half = Math.Abs((number * scale) - Math.Truncate(number * scale)) == 0.5;
        return half || precision < 0 || Math.Abs(number) >= 1e15
            ? Math.Round(number * scale, MidpointRounding.ToEven) / scale
            : double.Parse(number.ToString($"F{precision}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static List<object?> DictSort(object? value, Arguments arguments)
    {
        arguments.Accept("case_sensitive", "by", "reverse");
        int position = arguments.Text(1, "by", "key") switch
        {
            "key" => 0,
            "value" => 1,
            _ => throw new TemplateException("You can only sort by either \"key\" or \"value\""),
        };
        PythonDict dict = value as PythonDict ?? throw (value as Undefined)?.Error()
            ?? new TemplateException(value is PythonNamespace ? "items" : $"'{PythonValue.TypeName(value)}' object has no attribute 'items'");
        return Ordered(
            PythonMethods.Pairs(dict), pair => Fold(((PythonTuple)pair!).Items[position], arguments.Get(0, "case_sensitive", false)),
            PythonValue.IsTrue(arguments.Get(2, "reverse", false)));
    }

    private static string Join(object? value, Arguments arguments)
    {
        arguments.Accept("d", "attribute");
        return PythonText.Join(PythonValue.ToText(arguments.Get(0, "d", "")), Attributes(value, arguments.Get(1, "attribute")).Select(PythonValue.ToText));
    }

    private static List<object?> Sort(object? value, Arguments arguments) => Ordered(
        PythonValue.Iterate(value),
        item => arguments.Get(2, "attribute") is string paths
            ? paths.Split(',').Select(path => Fold(ByPath(item, path), arguments.Get(1, "case_sensitive", false))).ToList()
            : new List<object?> { Fold(ByPath(item, arguments.Get(2, "attribute")), arguments.Get(1, "case_sensitive", false)) },
        PythonValue.IsTrue(arguments.Get(0, "reverse", false)));

    private static List<object?> Ordered(IReadOnlyList<object?> items, Func<object?, object?> key, bool reverse) =>
        PythonSort.Sort(items, key, reverse);

    private static object? Extreme(object? value, Arguments arguments, int sign)
    {
        IReadOnlyList<object?> items = PythonValue.Iterate(value);
        if (items.Count == 0)
        {
            return new Undefined("No aggregated item, sequence was empty.");
        }

        return items.Aggregate((best, item) => sign * PythonValue.Compare(Key(item), Key(best), sign < 0 ? "<" : ">") > 0 ? item : best);

        object? Key(object? item) => Fold(ByPath(item, arguments.Get(1, "attribute")), arguments.Get(0, "case_sensitive", false));
    }

    private static PythonIterable Unique(object? value, Arguments arguments) => PythonIterable.Generator(() =>
    {
        HashSet<object> seen = new(PythonValue.KeyComparer);
        return [.. PythonValue.Iterate(value).Where(item =>
        {
            object? key = Fold(ByPath(item, arguments.Get(1, "attribute")), arguments.Get(0, "case_sensitive", false));
            PythonValue.CheckHashable(key);
            return seen.Add(key ?? PythonValue.NoneKey);
        })];
    });

    private static IReadOnlyList<object?> Reversible(object? value) => value switch
    {
        PythonIterable { IsView: false } or long or double or bool or null => throw new TemplateException($"'{PythonValue.TypeName(value)}' object is not reversible"),
        _ => PythonValue.Iterate(value),
    };

    private static object Reverse(object? value, Arguments arguments)
    {
        arguments.Accept();
        return value switch
        {
            string => string.Concat(PythonValue.Iterate(value).Reverse()),
            List<object?> or PythonTuple or PythonDict or PythonIterable or Undefined => new PythonIterable(
                "list_reverseiterator", once: true, () => [.. PythonValue.Iterate(value).Reverse()]),
            _ => throw new TemplateException("argument must be iterable"),
        };
    }

    private static PythonIterable Batch(object? value, Arguments arguments) => PythonIterable.Generator(() =>
    {
        arguments.Accept("linecount", "fill_with");
        int size = (int)Math.Clamp(PythonValue.ToInteger(arguments.Required(0, "linecount")), 1, int.MaxValue);
        List<object?> batches = [.. PythonValue.Iterate(value).Chunk(size).Select(chunk => chunk.ToList())];
        if (arguments.Get(1, "fill_with") is { } fill && batches.Count > 0 && batches[^1] is List<object?> last)
        {
            last.AddRange(Enumerable.Repeat<object?>(fill, size - last.Count));
        }

        return batches;
    });

    // map and select are generators that give nothing for what is false, None included.
    private static PythonIterable Map(object? value, Arguments arguments) => PythonIterable.Generator(() =>
    {
        if (!PythonValue.IsTrue(value))
        {
            return [];
        }

        if (arguments.Positional.Count == 0 && arguments.Named.TryGetValue("attribute", out object? attribute))
        {
            bool hasDefault = arguments.Named.TryGetValue("default", out object? fallback);
            return PythonValue.Iterate(value).Select(item => ByPath(item, attribute) is var found && found is Undefined && hasDefault ? fallback : found);
        }

        string filter = arguments.Text(0, "filter");
        Arguments rest = new(filter, [.. arguments.Positional.Skip(1)], arguments.Named);
        return PythonValue.Iterate(value).Select(item => Apply(filter, item, rest));
    });

    private static PythonIterable Select(object? value, Arguments arguments, bool keep, bool byAttribute) => PythonIterable.Generator(() =>
    {
        if (!PythonValue.IsTrue(value))
        {
            return [];
        }

        int first = byAttribute ? 1 : 0;
        object? attribute = byAttribute ? arguments.Required(0, "attribute") : null;
        string? test = arguments.Positional.Count > first ? arguments.Text(first, "test") : null;
        Arguments rest = new(test ?? "", [.. arguments.Positional.Skip(first + 1)], arguments.Named);
        return PythonValue.Iterate(value).Where(item =>
        {
            object? subject = byAttribute ? ByPath(item, attribute) : item;
            return (test is null ? PythonValue.IsTrue(subject) : TemplateTests.Apply(test, subject, rest)) == keep;
        });
    });

    private static IEnumerable<object?> Attributes(object? value, object? attribute) =>
        PythonValue.Iterate(value).Select(item => ByPath(item, attribute));

    // An attribute by path: "function.name", "items.0" or a number.
    private static object? ByPath(object? item, object? path) => path switch
    {
        null => item,
        string text => text.Split('.').Aggregate(item, (current, part) =>
            PythonAttributes.Item(current, part.Length > 0 && part.All(char.IsAsciiDigit) ? long.Parse(part, CultureInfo.InvariantCulture) : part)),
        _ => PythonAttributes.Item(item, path),
    };

    private static object? Fold(object? value, object? caseSensitive) =>
        value is string text && !PythonValue.IsTrue(caseSensitive) ? PythonText.Lower(text) : value;
}
