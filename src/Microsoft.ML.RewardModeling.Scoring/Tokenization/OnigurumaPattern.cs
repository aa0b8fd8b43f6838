using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.ML.RewardModeling.Scoring.Tokenization;

/// <summary>
/// Translates the regular expressions of tokenizer files (Oniguruma's syntax, applied to code points) into .NET's, applied to
/// <see cref="CodePointText"/>. What cannot be translated exactly is refused.
/// </summary>
internal ref struct OnigurumaPattern
{
    // Unicode's definition of \w: Alphabetic, Mark, Decimal_Number, Connector_Punctuation.
    private const string WordItems = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";

    private static readonly HashSet<string> Categories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp",
    ];

    // Scripts whose characters are told apart in CodePointText too.
    private static readonly string[] Scripts = ["Han", "Hiragana", "Katakana", "Hangul", "Thai", "Hebrew", "Lao"];

    // Far more than any tokenizer has; what a damaged file has beyond it is refused before it costs time.
    private const int LongestPattern = 20_000;
    private const int DeepestGroup = 64;
    private const int LongestInterval = 1_000;
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(20);

    private static readonly SearchValues<char> IntervalChars = SearchValues.Create("0123456789,");

    private readonly string _source;
    private readonly string _where;
    private readonly StringBuilder _output = new();
    private int _position;
    private readonly bool _scripts;
    private int _depth;

    private OnigurumaPattern(string source, string where)
    {
        _source = source;
        _where = where;
        _scripts = Array.Exists(Scripts, script => source.Contains($"{{{script}}}", StringComparison.OrdinalIgnoreCase)
            || source.Contains($"{{^{script}}}", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The pattern as a .NET regular expression.</summary>
    public static RegexPattern Parse(string source, string where)
    {
        if (source.Length > LongestPattern)
        {
            throw JsonFields.Unsupported(where, $"a regular expression of {source.Length} characters");
        }

        OnigurumaPattern translation = new(source, where);
        translation.Alternatives(ignoreCase: false);
        if (translation._position < source.Length)
        {
            throw translation.Unsupported("an unmatched ')'");
        }

        try
        {
            return new RegexPattern(new Regex(translation._output.ToString(), RegexOptions.CultureInvariant, MatchTimeout), translation._scripts);
        }
        catch (ArgumentException exception)
        {
            throw new RewardScoringException($"{where}: the regular expression '{source}' is not valid: {exception.Message}", exception);
        }
    }

    private readonly bool AtEnd => _position >= _source.Length;

    private void Alternatives(bool ignoreCase)
    {
        int atom = -1;
        while (!AtEnd && _source[_position] != ')')
        {
            char c = _source[_position];
            if (c is '*' or '+' or '?' || (c == '{' && IsInterval()))
            {
                Quantifier(atom);
                continue;
            }

            atom = _output.Length;
            switch (c)
            {
                case '|':
                    _position++;
                    _output.Append('|');
                    atom = -1;
                    break;
                case '(':
                    if (Group(ref ignoreCase))
                    {
                        atom = -1;
                    }

                    break;
                case '[':
                    Class(ignoreCase);
                    break;
                case '.':
                    _position++;
                    _output.Append("[^\\n]");
                    break;
                case '^' or '$':
                    _position++;
                    _output.Append("(?m:").Append(c).Append(')');
                    break;
                case '\\':
                    string item = Escape(out char? literal);
                    if (literal is char escaped)
                    {
                        Literal(escaped, ignoreCase);
                    }
                    else
                    {
                        _output.Append(item.Length > 6 ? $"[{item}]" : item);
                    }

                    break;
                default:
                    _position++;
                    Literal(c, ignoreCase);
                    break;
            }
        }
    }

    // Returns true for an option that holds for the rest of the enclosing group, such as (?i).
    private bool Group(ref bool ignoreCase)
    {
        ReadOnlySpan<char> rest = _source.AsSpan(_position);
        bool inner = ignoreCase;
        foreach (string opening in (ReadOnlySpan<string>)["(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"])
        {
            if (rest.StartsWith(opening))
            {
                return Body(opening, inner);
            }
        }

        if (rest.StartsWith("(?i:"))
        {
            _position += 4 - 3;
            return Body("(?:", true);
        }

        if (rest.StartsWith("(?i)"))
        {
            _position += 4;
            ignoreCase = true;
            return true;
        }

        if (rest.StartsWith("(?"))
        {
            throw Unsupported($"the group '{rest[..Math.Min(5, rest.Length)]}'");
        }

        _position -= 2;
        return Body("(?:", inner);
    }

    private bool Body(string opening, bool ignoreCase)
    {
        _position += opening.Length;
        _output.Append(opening);
        if (++_depth > DeepestGroup)
        {
            throw Unsupported($"groups deeper than {DeepestGroup}");
        }

        Alternatives(ignoreCase);
        _depth--;
        if (AtEnd)
        {
            throw Unsupported("a group without its ')'");
        }

        _position++;
        _output.Append(')');
        return false;
    }

    private readonly bool IsInterval()
    {
        int end = _source.IndexOf('}', _position);
        return end > _position + 1 && _source.AsSpan(_position + 1, end - _position - 1).IndexOfAnyExcept(IntervalChars) < 0;
    }

    private void Quantifier(int atom)
    {
        if (atom < 0)
        {
            throw Unsupported("a quantifier without anything before it");
        }

        string quantifier = _source[_position].ToString();
        if (quantifier == "{")
        {
            quantifier = _source[_position..(_source.IndexOf('}', _position) + 1)];
        }

        _position += quantifier.Length;
        bool interval = quantifier.Length > 1;
        if (interval && quantifier[1..^1].Split(',').Any(bound => bound.Length > 4 || (bound.Length > 0 && int.Parse(bound, CultureInfo.InvariantCulture) > LongestInterval)))
        {
            throw Unsupported($"the quantifier '{quantifier}'");
        }

        quantifier = quantifier.Replace("{,", "{0,", StringComparison.Ordinal);
        char next = AtEnd ? '\0' : _source[_position];
        if (next == '+' && !interval)
        {
            // Possessive: X++ takes all it can and gives nothing back.
            _position++;
            _output.Insert(atom, "(?>").Append(quantifier).Append(')');
        }
        else if (next == '?')
        {
            if (interval && !quantifier.Contains(',', StringComparison.Ordinal))
            {
                throw Unsupported($"the quantifier '{quantifier}?'");
            }

            _position++;
            _output.Insert(atom, "(?:").Append(quantifier).Append("?)");
        }
        else
        {
            // Wrapped, because a further quantifier applies to the quantified whole.
            _output.Insert(atom, "(?:").Append(quantifier).Append(')');
        }
    }

    private void Class(bool ignoreCase)
    {
        StringBuilder items = new();
        _position++;
        bool negated = !AtEnd && _source[_position] == '^';
        if (negated)
        {
            _position++;
        }

        bool first = true;
        while (true)
        {
            if (AtEnd)
            {
                throw Unsupported("a character class without its ']'");
            }

            char c = _source[_position];
            if (c == ']' && !first)
            {
                _position++;
                break;
            }

            first = false;
            if (c == '[' || (c == '&' && _position + 1 < _source.Length && _source[_position + 1] == '&'))
            {
                throw Unsupported("a nested or intersected character class");
            }

            string item = ClassItem(out char? low);
            if (low is not char from)
            {
                items.Append(item);
            }
            else if (_position + 1 < _source.Length && _source[_position] == '-' && _source[_position + 1] != ']')
            {
                _position++;
                ClassItem(out char? high);
                Range(items, from, high ?? throw Unsupported("a range that ends in a class"), ignoreCase);
            }
            else
            {
                Range(items, from, from, ignoreCase);
            }
        }

        _output.Append(negated ? "[^" : "[").Append(items).Append(']');
    }

    private string ClassItem(out char? literal)
    {
        if (_source[_position] == '\\')
        {
            return Escape(out literal);
        }

        literal = _source[_position++];
        return "";
    }

    private readonly void Range(StringBuilder items, char from, char to, bool ignoreCase)
    {
        if (char.IsSurrogate(from) || char.IsSurrogate(to) || from > to)
        {
            throw Unsupported("a range with characters beyond U+FFFF");
        }

        if (CodePointText.StandIns.Any(c => c >= from && c <= to) || (_scripts && CodePointText.ScriptStandIns.Any(c => c >= from && c <= to)))
        {
            throw Unsupported($"the range {Hex(from)}-{Hex(to)}");
        }

        items.Append(Hex(from)).Append('-').Append(Hex(to));
        if (!ignoreCase)
        {
            return;
        }

        for (char c = from; c <= to; c++)
        {
            items.Append(OtherCases(c));
        }
    }

    // The escape as a .NET class item, or the character it stands for.
    private string Escape(out char? literal)
    {
        literal = null;
        if (++_position >= _source.Length)
        {
            throw Unsupported("a backslash at the end");
        }

        char c = _source[_position++];
        switch (c)
        {
            case 's' or 'S':
                return "\\" + c;
            case 'd':
                return "\\p{Nd}";
            case 'D':
                return "\\P{Nd}";
            case 'w':
                return WordItems;
            case 'p' or 'P':
                return Property(negated: c == 'P');
            case 'n':
                literal = '\n';
                return "";
            case 'r':
                literal = '\r';
                return "";
            case 't':
                literal = '\t';
                return "";
            case 'f':
                literal = '\f';
                return "";
            case 'v':
                literal = '\v';
                return "";
            case 'x' or 'u':
                literal = CodePoint(c);
                return "";
            case 'A' or 'z':
                return "\\" + c;
            default:
                if (char.IsAsciiLetterOrDigit(c))
                {
                    throw Unsupported($"the escape '\\{c}'");
                }

                literal = c;
                return "";
        }
    }

    private string Property(bool negated)
    {
        int end = _source.IndexOf('}', _position);
        if (AtEnd || _source[_position] != '{' || end < 0)
        {
            throw Unsupported("\\p without a property in braces");
        }

        string name = _source[(_position + 1)..end];
        _position = end + 1;
        if (name.StartsWith('^'))
        {
            name = name[1..];
            negated = !negated;
        }

        if (Categories.Contains(name))
        {
            return $"\\{(negated ? 'P' : 'p')}{{{name}}}";
        }

        return Array.Exists(Scripts, known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase)) && Script(name) is var script
            ? negated ? Complement(script) : string.Concat(script.Select(run => $"{Hex(run.First)}-{Hex(run.Last)}"))
            : throw Unsupported($"the property '{name}'");
    }

    // The runs of a script in the basic plane, less the characters that stand for others, plus the one that stands for the script's own.
    private static List<(char First, char Last)> Script(string name)
    {
        List<(char First, char Last)> runs = [];
        foreach ((int first, int last) in UnicodeScripts.RunsOf(UnicodeScripts.Number(name)).Where(run => run.First < 0x10000))
        {
            runs.Add(((char)first, (char)Math.Min(last, 0xFFFF)));
        }

        return runs;
    }

    private static string Complement(List<(char First, char Last)> runs)
    {
        StringBuilder items = new();
        int next = 0;
        foreach ((char first, char last) in runs)
        {
            _ = first > next ? items.Append(Hex((char)next)).Append('-').Append(Hex((char)(first - 1))) : items;
            next = last + 1;
        }

        return items.Append(Hex((char)next)).Append("-\\uFFFF").ToString();
    }

    private char CodePoint(char kind)
    {
        int length = kind == 'u' ? 4 : 2;
        int start = _position;
        int end = _position + length;
        if (kind == 'x' && !AtEnd && _source[_position] == '{')
        {
            start++;
            end = _source.IndexOf('}', start);
            _position = end + 1;
        }
        else
        {
            _position = end;
        }

        return end > start && end <= _source.Length
            && int.TryParse(_source.AsSpan(start, end - start), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            && value is >= 0 and <= char.MaxValue
            ? (char)value
            : throw Unsupported("a character code");
    }

    private readonly void Literal(char c, bool ignoreCase)
    {
        if (char.IsSurrogate(c) || CodePointText.StandIns.Contains(c) || (_scripts && CodePointText.ScriptStandIns.Contains(c)))
        {
            throw Unsupported($"the character {Hex(c)}");
        }

        string others = ignoreCase ? OtherCases(c) : "";
        _output.Append(others.Length == 0 ? Hex(c) : $"[{Hex(c)}{others}]");
    }

    // Simple case folding as Unicode has it: the long s folds to s and the Kelvin sign to k, which .NET's own option misses in part.
    private readonly string OtherCases(char c)
    {
        if (c > 0x7F && (char.IsLetter(c) || char.IsSymbol(c) || char.IsNumber(c)))
        {
            throw Unsupported($"ignoring the case of {Hex(c)}");
        }

        return !char.IsAsciiLetter(c) ? "" : Hex((char)(c ^ 0x20)) + (c | 0x20) switch
        {
            's' => "\\u017F",
            'k' => "\\u212A",
            _ => "",
        };
    }

    private static string Hex(char c) => $"\\u{(int)c:X4}";

    private readonly RewardScoringException Unsupported(string what) =>
        JsonFields.Unsupported(_where, $"the regular expression '{_source}' ({what})");
}
