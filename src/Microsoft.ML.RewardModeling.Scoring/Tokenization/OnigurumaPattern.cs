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

    private static readonly SearchValues<char> IntervalChars = SearchValues.Create("0123456789,");

    private readonly string _source;
    private readonly string _where;
    private readonly StringBuilder _output = new();
    private int _position;

    private OnigurumaPattern(string source, string where)
    {
        _source = source;
        _where = where;
    }

    /// <summary>The .NET regular expression for the pattern.</summary>
    public static Regex ToRegex(string source, string where)
    {
        OnigurumaPattern translation = new(source, where);
        translation.Alternatives(ignoreCase: false);
        if (translation._position < source.Length)
        {
            throw translation.Unsupported("an unmatched ')'");
        }

        try
        {
            return new Regex(translation._output.ToString(), RegexOptions.CultureInvariant | RegexOptions.Compiled);
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
                        _output.Append(item is WordItems ? $"[{item}]" : item);
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
        Alternatives(ignoreCase);
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

        if (CodePointText.StandIns.Any(c => c >= from && c <= to))
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

        return Categories.Contains(name) ? $"\\{(negated ? 'P' : 'p')}{{{name}}}" : throw Unsupported($"the property '{name}'");
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
        if (char.IsSurrogate(c) || CodePointText.StandIns.Contains(c))
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
