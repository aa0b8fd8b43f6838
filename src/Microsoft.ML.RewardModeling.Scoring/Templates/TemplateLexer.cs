using System.Buffers;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>
/// Splits a template into tokens as Jinja2's lexer does with <c>trim_blocks</c> and <c>lstrip_blocks</c>: the first newline after a
/// block or comment goes, and so does white space before one at the beginning of a line.
/// </summary>
internal sealed class TemplateLexer
{
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private static readonly SearchValues<char> Braces = SearchValues.Create("{");
    private readonly string _source;
    private readonly List<TemplateToken> _tokens = [];
    private int _position;
    private int _line = 1;
    private bool _lineStarting = true;

    private TemplateLexer(string source) => _source = source;

    public static List<TemplateToken> Tokenize(string source)
    {
        // All line breaks count as \n, and one at the very end is dropped.
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        TemplateLexer lexer = new(source.EndsWith('\n') ? source[..^1] : source);
        while (lexer._position < lexer._source.Length)
        {
            lexer.DataAndTag();
        }

        lexer.Emit(TokenKind.End, "");
        return lexer._tokens;
    }

    private void Emit(TokenKind kind, string value) => _tokens.Add(new TemplateToken(kind, value, _line));

    private void Advance(int count)
    {
        _line += _source.AsSpan(_position, count).Count('\n');
        _position += count;
    }

    private bool At(string text) => _source.AsSpan(_position).StartsWith(text, StringComparison.Ordinal);

    private void DataAndTag()
    {
        int tag = NextTag(_position);
        if (tag < 0)
        {
            Data(_source[_position..], _source.Length - _position);
            return;
        }

        string text = _source[_position..tag];
        char sign = tag + 2 < _source.Length ? _source[tag + 2] : '\0';
        bool variable = _source[tag + 1] == '{';
        Data(Strip(text, sign, variable), text.Length);
        Advance(sign is '-' or '+' ? 3 : 2);
        switch (_source[tag + 1])
        {
            case '#':
                Comment();
                break;
            case '{':
                Emit(TokenKind.VariableBegin, "{{");
                Tag(TokenKind.VariableEnd, "}}");
                break;
            default:
                if (!Raw())
                {
                    Emit(TokenKind.BlockBegin, "{%");
                    Tag(TokenKind.BlockEnd, "%}");
                }

                break;
        }
    }

    private int NextTag(int from)
    {
        for (int i = from; i + 1 < _source.Length; i++)
        {
            int skip = _source.AsSpan(i).IndexOfAny(Braces);
            if (skip < 0)
            {
                return -1;
            }

            i += skip;
            if (i + 1 < _source.Length && _source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private void Data(string text, int sourceLength)
    {
        if (text.Length > 0)
        {
            Emit(TokenKind.Data, text);
        }

        Advance(sourceLength);
    }

    private string Strip(string text, char sign, bool variable)
    {
        if (sign == '-')
        {
            return PythonText.StripEnd(text);
        }

        int lineStart = text.LastIndexOf('\n') + 1;
        return sign != '+' && !variable && (lineStart > 0 || _lineStarting) && text.AsSpan(lineStart).TrimEnd(PythonText.Spaces).IsEmpty
            ? text[..lineStart]
            : text;
    }

    // Takes the end of a tag with its sign, and what white space control says goes with it.
    private bool TagEnd(string end, bool trimNewline)
    {
        int start = _position;
        if (At("-" + end))
        {
            Advance(end.Length + 1);
            while (_position < _source.Length && PythonText.IsSpace(_source[_position]))
            {
                Advance(1);
            }
        }
        else if (trimNewline && At("+" + end))
        {
            Advance(end.Length + 1);
        }
        else if (At(end))
        {
            Advance(end.Length);
            if (trimNewline && At("\n"))
            {
                Advance(1);
            }
        }
        else
        {
            return false;
        }

        _lineStarting = _source[_position - 1] == '\n' && _position > start;
        return true;
    }

    private void Comment()
    {
        int line = _line;
        while (!TagEnd("#}", trimNewline: true))
        {
            if (_position >= _source.Length)
            {
                throw new TemplateException("a comment '{#' has no end '#}'", line);
            }

            Advance(1);
        }
    }

    private bool Raw()
    {
        int start = _position;
        int line = _line;
        SkipSpaces();
        if (!At("raw"))
        {
            Reset(start, line);
            return false;
        }

        Advance(3);
        SkipSpaces();
        if (!At("%}") && !At("-%}"))
        {
            Reset(start, line);
            return false;
        }

        // Unlike other blocks, the opening tag keeps the newline after it.
        TagEnd("%}", trimNewline: false);
        for (int tag = NextTag(_position); tag >= 0; tag = NextTag(tag + 1))
        {
            char sign = tag + 2 < _source.Length ? _source[tag + 2] : '\0';
            int name = tag + (sign is '-' or '+' ? 3 : 2);
            while (name < _source.Length && PythonText.IsSpace(_source[name]))
            {
                name++;
            }

            if (_source[tag + 1] == '%' && string.CompareOrdinal(_source, name, "endraw", 0, 6) == 0)
            {
                string text = _source[_position..tag];
                Data(Strip(text, sign, variable: false), text.Length);
                Advance(name + 6 - _position);
                SkipSpaces();
                return TagEnd("%}", trimNewline: true) ? true : throw new TemplateException("expected '%}' after endraw", _line);
            }
        }

        throw new TemplateException("'raw' has no 'endraw'", line);
    }

    private void Reset(int position, int line)
    {
        _position = position;
        _line = line;
    }

    private void SkipSpaces()
    {
        while (_position < _source.Length && PythonText.IsSpace(_source[_position]))
        {
            Advance(1);
        }
    }

    private void Tag(TokenKind endKind, string end)
    {
        Stack<char> open = new();
        while (true)
        {
            SkipSpaces();
            int line = _line;
            if (open.Count == 0 && TagEnd(end, trimNewline: endKind == TokenKind.BlockEnd))
            {
                _tokens.Add(new TemplateToken(endKind, end, line));
                return;
            }

            if (_position >= _source.Length)
            {
                throw new TemplateException($"unexpected end of the template, expected '{end}'", _line);
            }

            char c = _source[_position];
            if (char.IsAsciiDigit(c))
            {
                Number();
            }
            else if (c == '_' || char.IsLetter(c))
            {
                int length = 1;
                while (_position + length < _source.Length && (_source[_position + length] == '_' || char.IsLetterOrDigit(_source[_position + length])))
                {
                    length++;
                }

                Emit(TokenKind.Name, _source.Substring(_position, length));
                Advance(length);
            }
            else if (c is '\'' or '"')
            {
                Text(c);
            }
            else
            {
                Operator(open);
            }
        }
    }

    private void Operator(Stack<char> open)
    {
        string op = Operators.FirstOrDefault(At)
            ?? throw new TemplateException($"unexpected character '{_source[_position]}'", _line);
        if (op is "(" or "[" or "{")
        {
            open.Push(op[0] == '(' ? ')' : op[0] == '[' ? ']' : '}');
        }
        else if (op is ")" or "]" or "}" && (!open.TryPop(out char expected) || expected != op[0]))
        {
            throw new TemplateException($"unexpected '{op}'", _line);
        }

        Emit(TokenKind.Operator, op);
        Advance(op.Length);
    }

    private void Number()
    {
        int end = _position;
        while (end < _source.Length && (char.IsAsciiLetterOrDigit(_source[end]) || _source[end] == '_'
            || (_source[end] == '.' && end + 1 < _source.Length && char.IsAsciiDigit(_source[end + 1]) && !_source.AsSpan(_position, end - _position).Contains('.'))
            || (_source[end] is '+' or '-' && (_source[end - 1] | 0x20) == 'e' && !At("0x") && end + 1 < _source.Length && char.IsAsciiDigit(_source[end + 1]))))
        {
            end++;
        }

        string digits = _source[_position..end].Replace("_", "", StringComparison.Ordinal);
        bool real = !At("0x") && !At("0X") && digits.AsSpan().IndexOfAny('.', 'e', 'E') >= 0;
        bool valid = real
            ? double.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out _)
            : long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _);
        if (!valid)
        {
            throw TemplateException.Unsupported($"the number '{digits}'", _line);
        }

        Emit(real ? TokenKind.Float : TokenKind.Integer, digits);
        Advance(end - _position);
    }

    private void Text(char quote)
    {
        int end = _position + 1;
        while (end < _source.Length && _source[end] != quote)
        {
            end += _source[end] == '\\' ? 2 : 1;
        }

        if (end >= _source.Length)
        {
            throw new TemplateException("a string has no closing quote", _line);
        }

        Emit(TokenKind.Text, Unescape(_source.AsSpan(_position + 1, end - _position - 1)));
        Advance(end + 1 - _position);
    }

    // Python's string escapes.
    private string Unescape(ReadOnlySpan<char> text)
    {
        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 >= text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            char c = text[++i];
            int at = "\\'\"abfnrtv\n".IndexOf(c, StringComparison.Ordinal);
            if (c == '\n')
            {
                continue;
            }

            if (at >= 0)
            {
                result.Append("\\'\"\a\b\f\n\r\t\v"[at]);
            }
            else if (c is 'x' or 'u' or 'U')
            {
                int length = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                if (i + 1 + length > text.Length
                    || !int.TryParse(text.Slice(i + 1, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)
                    || code is < 0 or > 0x10FFFF)
                {
                    throw new TemplateException($"a string has an incomplete escape '\\{c}'", _line);
                }

                _ = code > 0xFFFF ? result.Append(char.ConvertFromUtf32(code)) : result.Append((char)code);
                i += length;
            }
            else if (c is >= '0' and <= '7')
            {
                int code = 0;
                int digits = 0;
                for (; digits < 3 && i + digits < text.Length && text[i + digits] is >= '0' and <= '7'; digits++)
                {
                    code = (code * 8) + text[i + digits] - '0';
                }

                result.Append((char)code);
                i += digits - 1;
            }
            else if (c == 'N')
            {
                throw TemplateException.Unsupported("a character by name ('\\N')", _line);
            }
            else
            {
                result.Append('\\').Append(c);
            }
        }

        return result.ToString();
    }
}
