using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>Text as Python sees it: white space, code points, representations.</summary>
internal static class PythonText
{
    /// <summary>The characters that str.isspace accepts.</summary>
    public static string Spaces { get; } =
        new([.. Enumerable.Range(0, 0x10000).Select(i => (char)i).Where(c => char.IsWhiteSpace(c) || c is >= '\x1C' and <= '\x1F')]);

    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1C' and <= '\x1F';

    public static string StripStart(string text, string? chars = null) => Strip(text, chars, start: true, end: false);

    public static string StripEnd(string text, string? chars = null) => Strip(text, chars, start: false, end: true);

    public static string Strip(string text, string? chars = null) => Strip(text, chars, start: true, end: true);

    /// <summary>The code points, one string each.</summary>
    public static List<string> CodePoints(string text)
    {
        List<string> result = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            int length = char.IsSurrogatePair(text, i) ? 2 : 1;
            result.Add(text.Substring(i, length));
            i += length - 1;
        }

        return result;
    }

    public static int Length(string text) =>
        text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text.Length : CodePoints(text).Count;

    public static string Upper(string text)
    {
        string upper = text.ToUpperInvariant();
        return upper.AsSpan().IndexOfAny('\u00DF', '\u0149', '\uFB00') < 0 && upper.AsSpan().IndexOfAnyInRange('\uFB01', '\uFB06') < 0
            ? upper
            : upper.Replace("\u00DF", "SS", StringComparison.Ordinal).Replace("\u0149", "\u02BCN", StringComparison.Ordinal)
                .Replace("\uFB00", "FF", StringComparison.Ordinal).Replace("\uFB01", "FI", StringComparison.Ordinal)
                .Replace("\uFB02", "FL", StringComparison.Ordinal).Replace("\uFB03", "FFI", StringComparison.Ordinal)
                .Replace("\uFB04", "FFL", StringComparison.Ordinal).Replace("\uFB05", "ST", StringComparison.Ordinal)
                .Replace("\uFB06", "ST", StringComparison.Ordinal);
    }

    /// <summary>The texts with the separator between them, unless the result is too long.</summary>
    public static string Join(string separator, IEnumerable<string> texts)
    {
        StringBuilder result = new();
        bool first = true;
        foreach (string text in texts)
        {
            result.Append(first ? "" : separator).Append(text);
            TemplateRun.CheckLength(result.Length);
            first = false;
        }

        return result.ToString();
    }

    public static string Lower(string text) =>
        text.Replace("\u0130", "i\u0307", StringComparison.Ordinal).ToLowerInvariant();

    public static string Capitalize(string text)
    {
        int first = text.Length > 0 && char.IsSurrogatePair(text, 0) ? 2 : Math.Min(1, text.Length);
        return Upper(text[..first]) + Lower(text[first..]);
    }

    /// <summary>str.title: every run of letters begins with a capital.</summary>
    public static string Title(string text)
    {
        StringBuilder result = new(text.Length);
        bool inWord = false;
        foreach (string point in CodePoints(text))
        {
            result.Append(inWord ? Lower(point) : Upper(point));
            inWord = char.IsLetter(point, 0) && (Lower(point) != point || Upper(point) != point);
        }

        return result.ToString();
    }

    /// <summary>repr of a string.</summary>
    public static string Quote(string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        StringBuilder result = new(text.Length + 2);
        result.Append(quote);
        foreach (string point in CodePoints(text))
        {
            result.Append(point switch
            {
                "\\" => "\\\\",
                "\n" => "\\n",
                "\r" => "\\r",
                "\t" => "\\t",
                _ when point[0] == quote => "\\" + quote,
                _ when IsPrintable(point) => point,
                _ => Escape(point.Length == 2 ? char.ConvertToUtf32(point, 0) : point[0]),
            });
        }

        return result.Append(quote).ToString();
    }

    /// <summary>repr of a float: the shortest digits that read back, with an exponent below 1e-4 and from 1e16.</summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        string text = value.ToString("E16", CultureInfo.InvariantCulture);
        for (int precision = 0; precision < 16; precision++)
        {
            string shorter = value.ToString("E" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(shorter, CultureInfo.InvariantCulture).Equals(value))
            {
                text = shorter;
                break;
            }
        }

        string sign = text.StartsWith('-') ? "-" : "";
        int e = text.IndexOf('E', StringComparison.Ordinal);
        string digits = text[sign.Length..e].Replace(".", "", StringComparison.Ordinal);
        int exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent is < -4 or >= 16)
        {
            string mantissa = digits.Length > 1 ? $"{digits[0]}.{digits[1..]}" : digits;
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        return exponent < 0
            ? $"{sign}0.{new string('0', -exponent - 1)}{digits}"
            : digits.Length <= exponent + 1
                ? $"{sign}{digits.PadRight(exponent + 1, '0')}.0"
                : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    public static bool IsPrintable(string point) => point == " " || char.GetUnicodeCategory(point, 0) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);

    private static string Escape(int code) => code switch
    {
        < 0x100 => $"\\x{code:x2}",
        < 0x10000 => $"\\u{code:x4}",
        _ => $"\\U{code:x8}",
    };

    private static string Strip(string text, string? chars, bool start, bool end)
    {
        chars ??= Spaces;
        if (chars.Length == 0)
        {
            return text;
        }

        ReadOnlySpan<char> span = text;
        span = start ? span.TrimStart(chars) : span;
        span = end ? span.TrimEnd(chars) : span;
        return span.Length == text.Length ? text : span.ToString();
    }
}
