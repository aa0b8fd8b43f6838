using System.Buffers;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>The methods of strings, dictionaries and lists that do not change their object.</summary>
internal static class PythonMethods
{
    private static readonly SearchValues<char> LineBreaks = SearchValues.Create("\n\r\v\f\u001C\u001D\u001E\u0085\u2028\u2029");

    private static readonly string[] UnsupportedText =
        ["encode", "expandtabs", "format_map", "isidentifier", "maketrans", "translate"];

    /// <summary>The bound method; null when strings have none of this name.</summary>
    public static object? OfText(string text, string name)
    {
        Func<Arguments, object?>? body = name switch
        {
            "upper" => a => PythonText.Upper(None(a, text)),
            "lower" or "casefold" => a => PythonText.Lower(None(a, text)),
            "capitalize" => a => PythonText.Capitalize(None(a, text)),
            "title" => a => PythonText.Title(None(a, text)),
            "swapcase" => a => string.Concat(PythonText.CodePoints(None(a, text)).Select(
                c => PythonText.Lower(c) != c ? PythonText.Lower(c) : PythonText.Upper(c))),
            "strip" => a => PythonText.Strip(text, Chars(a)),
            "lstrip" => a => PythonText.StripStart(text, Chars(a)),
            "rstrip" => a => PythonText.StripEnd(text, Chars(a)),
            "split" => a => Split(text, a.Accept("sep", "maxsplit"), fromEnd: false),
            "rsplit" => a => Split(text, a.Accept("sep", "maxsplit"), fromEnd: true),
            "splitlines" => a => Lines(text, PythonValue.IsTrue(a.Accept("keepends").Get(0, "keepends", false))),
            "startswith" => a => Affix(a, affix => Part(text, a).StartsWith(affix, StringComparison.Ordinal)),
            "endswith" => a => Affix(a, affix => Part(text, a).EndsWith(affix, StringComparison.Ordinal)),
            "removeprefix" => a => text.StartsWith(a.Text(0, "prefix"), StringComparison.Ordinal) ? text[a.Text(0, "prefix").Length..] : text,
            "removesuffix" => a => text.EndsWith(a.Text(0, "suffix"), StringComparison.Ordinal) ? text[..^a.Text(0, "suffix").Length] : text,
            "replace" => a => Replace(text, a.Text(0, "old"), a.Text(1, "new"), a.Integer(2, "count", -1)),
            "join" => a => PythonText.Join(text, PythonValue.Iterate(a.Required(0, "iterable")).Select((item, i) => item is string part
                ? part
                : throw new TemplateException($"sequence item {i}: expected str instance, {PythonValue.TypeName(item)} found"))),
            "find" => a => Find(text, a.Accept("sub", "start", "end"), last: false),
            "rfind" => a => Find(text, a.Accept("sub", "start", "end"), last: true),
            "index" => a => Find(text, a.Accept("sub", "start", "end"), last: false) is long i and >= 0 ? i : throw new TemplateException("substring not found"),
            "rindex" => a => Find(text, a.Accept("sub", "start", "end"), last: true) is long i and >= 0 ? i : throw new TemplateException("substring not found"),
            "count" => a => Count(Part(text, a.Accept("sub", "start", "end")), a.Text(0, "sub")),
            "partition" => a => Partition(text, a.Text(0, "sep"), last: false),
            "rpartition" => a => Partition(text, a.Text(0, "sep"), last: true),
            "format" => a => PythonFormat.Braces(text, a),
            "isdigit" => _ => All(text, char.IsDigit),
            "isalpha" => _ => All(text, char.IsLetter),
            "isalnum" => _ => All(text, char.IsLetterOrDigit),
            "isspace" => _ => All(text, (point, _) => PythonText.IsSpace(point[0])),
            "isascii" => _ => System.Text.Ascii.IsValid(text),
            "isdecimal" => _ => All(text, (point, i) => char.GetUnicodeCategory(point, i) == System.Globalization.UnicodeCategory.DecimalDigitNumber),
            "isnumeric" => _ => All(text, char.IsNumber),
            "isprintable" => _ => PythonText.CodePoints(text).TrueForAll(PythonText.IsPrintable),
            "istitle" => _ => PythonText.Title(text) == text && PythonText.Lower(text) != text,
            "isupper" => _ => PythonText.Upper(text) == text && PythonText.Lower(text) != text,
            "islower" => _ => PythonText.Lower(text) == text && PythonText.Upper(text) != text,
            "center" => a => Pad(text, a, (missing, width) => (missing / 2) + (missing & width & 1)),
            "ljust" => a => Pad(text, a, (_, _) => 0),
            "rjust" => a => Pad(text, a, (missing, _) => missing),
            "zfill" => a => ZeroFill(text, a.Integer(0, "width", 0)),
            _ when UnsupportedText.Contains(name) => _ => throw TemplateException.Unsupported($"the string method '{name}'"),
            _ => null,
        };
        return body is null ? null : new PythonFunction(name, body);
    }

    /// <summary>The bound method; null when dictionaries have none of this name.</summary>
    public static object? OfDict(PythonDict dict, string name)
    {
        Func<Arguments, object?>? body = name switch
        {
            "items" => _ => View("dict_items", () => Pairs(dict)),
            "keys" => _ => View("dict_keys", () => PythonValue.Iterate(dict)),
            "values" => _ => View("dict_values", () => [.. dict.Entries.Select(entry => entry.Value)]),
            "get" => a => dict.TryGetValue(a.Accept("key", "default").Required(0, "key"), out object? value) ? value : a.Get(1, "default"),
            "copy" => _ => Copy(dict),
            "fromkeys" => _ => throw TemplateException.Unsupported("the method 'fromkeys'"),
            _ => null,
        };
        return body is null ? null : new PythonFunction(name, body);
    }

    /// <summary>The bound method; null when lists and tuples have none of this name.</summary>
    public static object? OfList(IReadOnlyList<object?> items, bool isTuple, string name)
    {
        Func<Arguments, object?>? body = name switch
        {
            "count" => a => (long)items.Count(item => PythonValue.AreEqual(item, a.Required(0, "value"))),
            "index" => a => Enumerable.Range(0, items.Count).Where(i => PythonValue.AreEqual(items[i], a.Required(0, "value"))).Select(i => (object)(long)i)
                .FirstOrDefault() ?? throw new TemplateException($"{PythonValue.Represent(a.Positional[0])} is not in list"),
            "copy" when !isTuple => _ => items.ToList(),
            _ => null,
        };
        return body is null ? null : new PythonFunction(name, body);
    }

    public static List<object?> Pairs(PythonDict dict) =>
        [.. dict.Entries.Select(entry => new PythonTuple([PythonValue.Key(entry.Key), entry.Value]))];

    public static string Replace(string text, string old, string value, long count)
    {
        // The longest result there can be; what is far too long is found out before it is made.
        TemplateRun.CheckLength(text.Length + ((long)value.Length * (old.Length == 0 ? text.Length + 1 : Math.Min(count < 0 ? long.MaxValue : count, Count(text, old)))));
        if (count < 0 && old.Length > 0)
        {
            return text.Replace(old, value, StringComparison.Ordinal);
        }

        // An empty pattern is found before every code point and at the end.
        List<string> parts = [];
        if (old.Length == 0)
        {
            List<string> points = PythonText.CodePoints(text);
            long limit = count < 0 ? points.Count + 1 : count;
            return string.Concat(points.Select((point, i) => i < limit ? value + point : point)) + (points.Count < limit ? value : "");
        }

        int start = 0;
        for (int at; count-- > 0 && (at = text.IndexOf(old, start, StringComparison.Ordinal)) >= 0; start = at + old.Length)
        {
            parts.Add(text[start..at]);
        }

        parts.Add(text[start..]);
        return string.Join(value, parts);
    }

    public static List<object?> Lines(string text, bool keepEnds)
    {
        List<object?> lines = [];
        for (int start = 0; start < text.Length;)
        {
            int end = text.AsSpan(start).IndexOfAny(LineBreaks);
            int stop = end < 0 ? text.Length : start + end;
            int next = end < 0 ? stop : text[stop] == '\r' && stop + 1 < text.Length && text[stop + 1] == '\n' ? stop + 2 : stop + 1;
            lines.Add(text[start..(keepEnds ? next : stop)]);
            start = next;
        }

        return lines;
    }

    private static string None(Arguments arguments, string text)
    {
        arguments.Accept();
        return text;
    }

    private static string? Chars(Arguments arguments) => arguments.Accept("chars").Get(0, "chars") is null ? null : arguments.Text(0, "chars");

    private static PythonIterable View(string type, Func<IReadOnlyList<object?>> items) => new(type, once: false, items);

    private static PythonDict Copy(PythonDict dict)
    {
        PythonDict copy = new();
        foreach (KeyValuePair<object, object?> entry in dict.Entries)
        {
            copy[entry.Key] = entry.Value;
        }

        return copy;
    }

    private static List<object?> Split(string text, Arguments arguments, bool fromEnd)
    {
        long limit = arguments.Integer(1, "maxsplit", -1);
        limit = limit < 0 ? long.MaxValue : limit;
        List<object?> parts = [];
        if (arguments.Get(0, "sep") is null)
        {
            return SplitAtSpaces(text, limit, fromEnd);
        }

        string separator = arguments.Text(0, "sep");
        if (separator.Length == 0)
        {
            throw new TemplateException("empty separator");
        }

        while (limit-- > 0 && (fromEnd ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal)) is int at and >= 0)
        {
            parts.Add(fromEnd ? text[(at + separator.Length)..] : text[..at]);
            text = fromEnd ? text[..at] : text[(at + separator.Length)..];
        }

        parts.Add(text);
        if (fromEnd)
        {
            parts.Reverse();
        }

        return parts;
    }

    private static List<object?> SplitAtSpaces(string text, long limit, bool fromEnd)
    {
        List<object?> parts = [];
        text = fromEnd ? PythonText.StripEnd(text) : PythonText.StripStart(text);
        while (text.Length > 0)
        {
            int at = fromEnd
                ? text.AsSpan().LastIndexOfAny(PythonText.Spaces)
                : text.AsSpan().IndexOfAny(PythonText.Spaces);
            if (at < 0 || limit-- <= 0)
            {
                parts.Add(text);
                break;
            }

            parts.Add(fromEnd ? text[(at + 1)..] : text[..at]);
            text = fromEnd ? PythonText.StripEnd(text[..at]) : PythonText.StripStart(text[at..]);
        }

        if (fromEnd)
        {
            parts.Reverse();
        }

        return parts;
    }

    private static bool Affix(Arguments arguments, Func<string, bool> test) => arguments.Required(0, "prefix") switch
    {
        string affix => test(affix),
        PythonTuple affixes => affixes.Items.Any(affix => affix is string text && test(text)),
        var other => throw (other as Undefined)?.Error()
            ?? new TemplateException($"{arguments.Callee} first arg must be str or a tuple of str, not {PythonValue.TypeName(other)}"),
    };

    private static long Find(string text, Arguments arguments, bool last)
    {
        string part = arguments.Text(0, "sub");
        (int start, int end) = Range(text, arguments);
        if (start > end)
        {
            return -1;
        }

        string within = text[start..end];
        int at = last ? within.LastIndexOf(part, StringComparison.Ordinal) : within.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? -1L : PythonText.Length(text[..(start + at)]);
    }

    // The part that the arguments "start" and "end" choose.
    private static string Part(string text, Arguments arguments)
    {
        (int start, int end) = Range(text, arguments);
        return start <= end ? text[start..end] : "";
    }

    private static (int Start, int End) Range(string text, Arguments arguments)
    {
        if (arguments.Get(1, "start") is null && arguments.Get(2, "end") is null)
        {
            return (0, text.Length);
        }

        List<string> points = PythonText.CodePoints(text);
        int start = Offset(arguments.Get(1, "start"), 0);
        int end = Math.Min(Offset(arguments.Get(2, "end"), points.Count), points.Count);
        return start > points.Count ? (text.Length + 1, text.Length) : (Units(start), Units(end));

        int Offset(object? index, int fallback)
        {
            long value = index is null ? fallback : index is long or bool ? PythonValue.ToInteger(index)
                : throw new TemplateException("slice indices must be integers or None or have an __index__ method");
            return (int)Math.Clamp(value < 0 ? value + points.Count : value, 0, int.MaxValue);
        }

        int Units(int count) => points.Take(count).Sum(point => point.Length);
    }

    private static long Count(string text, string part)
    {
        if (part.Length == 0)
        {
            return PythonText.Length(text) + 1;
        }

        long count = 0;
        for (int at = 0; (at = text.IndexOf(part, at, StringComparison.Ordinal)) >= 0; at += part.Length)
        {
            count++;
        }

        return count;
    }

    private static PythonTuple Partition(string text, string separator, bool last)
    {
        if (separator.Length == 0)
        {
            throw new TemplateException("empty separator");
        }

        int at = last ? text.LastIndexOf(separator, StringComparison.Ordinal) : text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0
            ? new PythonTuple(last ? ["", "", text] : [text, "", ""])
            : new PythonTuple([text[..at], separator, text[(at + separator.Length)..]]);
    }

    private static bool All(string text, Func<string, int, bool> test) =>
        text.Length > 0 && PythonText.CodePoints(text).All(point => test(point, 0));

    private static string Pad(string text, Arguments arguments, Func<long, long, long> left)
    {
        long width = arguments.Integer(0, "width", 0);
        string fill = arguments.Text(1, "fillchar", " ");
        long missing = Math.Max(0, width - PythonText.Length(text));
        if (missing > 1_000_000)
        {
            throw new TemplateException($"a width of {width} is too long");
        }

        long before = left(missing, width);
        return string.Concat(Enumerable.Repeat(fill, (int)before)) + text + string.Concat(Enumerable.Repeat(fill, (int)(missing - before)));
    }

    private static string ZeroFill(string text, long width)
    {
        int sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        long missing = Math.Clamp(width - PythonText.Length(text), 0, 1_000_000);
        return text[..sign] + new string('0', (int)missing) + text[sign..];
    }
}
