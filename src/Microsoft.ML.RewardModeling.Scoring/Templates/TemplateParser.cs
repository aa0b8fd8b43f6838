namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>Turns tokens into statements, by Jinja2's grammar.</summary>
internal sealed partial class TemplateParser
{
    private const int MaxDepth = 150;
    private readonly List<TemplateToken> _tokens;
    private readonly Stack<HashSet<string>> _namesUsed = new();
    private int _position;
    private int _depth;
    private int _loops;

    private TemplateParser(List<TemplateToken> tokens) => _tokens = tokens;

    private TemplateToken Current => _tokens[_position];

    public static List<TemplateStatement> Parse(string source)
    {
        TemplateParser parser = new(TemplateLexer.Tokenize(source));
        return parser.Body([], out _);
    }

    private TemplateToken Take() => _tokens[_position++];

    private bool IsName(string name) => Current.Kind == TokenKind.Name && Current.Value == name;

    private bool IsOperator(string op) => Current.Kind == TokenKind.Operator && Current.Value == op;

    private bool TakeName(string name)
    {
        bool found = IsName(name);
        _position += found ? 1 : 0;
        return found;
    }

    private bool TakeOperator(string op)
    {
        bool found = IsOperator(op);
        _position += found ? 1 : 0;
        return found;
    }

    private void ExpectOperator(string op)
    {
        if (!TakeOperator(op))
        {
            throw Unexpected($"'{op}'");
        }
    }

    private string ExpectName()
    {
        return Current.Kind == TokenKind.Name ? Take().Value : throw Unexpected("a name");
    }

    private void ExpectBlockEnd()
    {
        if (Current.Kind != TokenKind.BlockEnd)
        {
            throw Unexpected("'%}'");
        }

        _position++;
    }

    private TemplateException Unexpected(string expected) => new(
        Current.Kind == TokenKind.End ? $"unexpected end of the template, expected {expected}" : $"expected {expected}, got '{Current.Value}'", Current.Line);

    // Statements up to a block that begins with one of the names, which is consumed; its name is returned. No names: up to the end.
    private List<TemplateStatement> Body(ReadOnlySpan<string> ends, out string end)
    {
        if (++_depth > MaxDepth)
        {
            throw new TemplateException($"blocks are nested more than {MaxDepth} deep", Current.Line);
        }

        List<TemplateStatement> body = [];
        while (true)
        {
            TemplateToken token = Take();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    body.Add(new DataStatement(token.Value));
                    break;
                case TokenKind.VariableBegin:
                    body.Add(new PrintStatement(Tuple(TokenKind.VariableEnd), token.Line));
                    if (Current.Kind != TokenKind.VariableEnd)
                    {
                        throw Unexpected("'}}'");
                    }

                    _position++;
                    break;
                case TokenKind.BlockBegin:
                    if (Current.Kind == TokenKind.Name && ends.Contains(Current.Value))
                    {
                        end = Take().Value;
                        _depth--;
                        return body;
                    }

                    body.Add(Statement());
                    break;
                default:
                    if (ends.Length > 0)
                    {
                        throw new TemplateException($"unexpected end of the template, expected '{ends[^1]}'", token.Line);
                    }

                    end = "";
                    _depth--;
                    return body;
            }
        }
    }

    private TemplateStatement Statement()
    {
        int line = Current.Line;
        string name = ExpectName();
        switch (name)
        {
            case "for":
                return For(line);
            case "if":
                return If(line);
            case "set":
                return Set(line);
            case "macro":
                return new MacroStatement(Macro(ExpectName(), "endmacro"));
            case "call":
                return Call(line);
            case "filter":
                FilterExpression filter = BlockFilters();
                ExpectBlockEnd();
                List<TemplateStatement> filtered = Body(["endfilter"], out _);
                ExpectBlockEnd();
                return new FilterStatement(filter, filtered);
            case "with":
                return With();
            case "generation":
                ExpectBlockEnd();
                List<TemplateStatement> generated = Body(["endgeneration"], out _);
                ExpectBlockEnd();
                return new ScopeStatement([], generated);
            case "break" or "continue":
                if (_loops == 0)
                {
                    throw new TemplateException($"'{name}' outside of a loop", line);
                }

                ExpectBlockEnd();
                return new FlowStatement(name == "break" ? Flow.Break : Flow.Continue);
            case "include" or "import" or "from" or "extends" or "block" or "autoescape" or "do" or "print" or "trans" or "debug":
                throw TemplateException.Unsupported($"the tag '{name}'", line);
            default:
                throw new TemplateException($"Encountered unknown tag '{name}'.", line);
        }
    }

    private ForStatement For(int line)
    {
        TemplateExpression target = Target(allowAttribute: false);
        if (!TakeName("in"))
        {
            throw Unexpected("'in'");
        }

        TemplateExpression iterable = Tuple(TokenKind.BlockEnd, withCondition: false, endName: "recursive");
        TemplateExpression? filter = TakeName("if") ? Expression() : null;
        bool recursive = TakeName("recursive");
        ExpectBlockEnd();
        _loops++;
        List<TemplateStatement> body = Body(["else", "endfor"], out string end);
        _loops--;
        List<TemplateStatement> otherwise = [];
        if (end == "else")
        {
            ExpectBlockEnd();
            otherwise = Body(["endfor"], out _);
        }

        ExpectBlockEnd();
        return new ForStatement(target, iterable, filter, recursive, body, otherwise, line);
    }

    private IfStatement If(int line)
    {
        List<(TemplateExpression, List<TemplateStatement>, int)> branches = [];
        List<TemplateStatement> otherwise = [];
        string end;
        do
        {
            TemplateExpression test = Tuple(TokenKind.BlockEnd, withCondition: false);
            ExpectBlockEnd();
            branches.Add((test, Body(["elif", "else", "endif"], out end), line));
            line = Current.Line;
        }
        while (end == "elif");

        if (end == "else")
        {
            ExpectBlockEnd();
            otherwise = Body(["endif"], out _);
        }

        ExpectBlockEnd();
        return new IfStatement(branches, otherwise);
    }

    private TemplateStatement Set(int line)
    {
        TemplateExpression target = Target(allowAttribute: true);
        if (TakeOperator("="))
        {
            TemplateExpression value = Tuple(TokenKind.BlockEnd);
            ExpectBlockEnd();
            return new SetStatement(target, value, line);
        }

        FilterExpression? filter = TakeOperator("|") ? BlockFilters() : null;
        ExpectBlockEnd();
        List<TemplateStatement> body = Body(["endset"], out _);
        ExpectBlockEnd();
        return new SetBlockStatement(target, filter, body);
    }

    private ScopeStatement With()
    {
        List<(TemplateExpression, TemplateExpression)> variables = [];
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (variables.Count > 0)
            {
                ExpectOperator(",");
            }

            TemplateExpression target = new NameExpression(ExpectName());
            ExpectOperator("=");
            variables.Add((target, Expression()));
        }

        ExpectBlockEnd();
        List<TemplateStatement> body = Body(["endwith"], out _);
        ExpectBlockEnd();
        return new ScopeStatement(variables, body);
    }

    private CallStatement Call(int line)
    {
        List<(string, TemplateExpression?)> parameters = IsOperator("(") ? Parameters() : [];
        CallExpression call = Expression() as CallExpression ?? throw new TemplateException("expected a call", line);
        return new CallStatement(call, MacroBody("caller", parameters, "endcall"), line);
    }

    private MacroDefinition Macro(string name, string end) => MacroBody(name, Parameters(), end);

    private MacroDefinition MacroBody(string name, List<(string, TemplateExpression?)> parameters, string end)
    {
        ExpectBlockEnd();
        HashSet<string> names = [];
        _namesUsed.Push(names);
        int loops = _loops;
        _loops = 0;
        List<TemplateStatement> body = Body([end], out _);
        _loops = loops;
        _namesUsed.Pop();
        if (IsName(name))
        {
            _position++;
        }

        ExpectBlockEnd();
        return new MacroDefinition(name, parameters, body, names);
    }

    private List<(string, TemplateExpression?)> Parameters()
    {
        List<(string, TemplateExpression?)> parameters = [];
        ExpectOperator("(");
        while (!TakeOperator(")"))
        {
            if (parameters.Count > 0)
            {
                ExpectOperator(",");
            }

            string name = ExpectName();
            if (TakeOperator("="))
            {
                parameters.Add((name, Expression()));
            }
            else if (parameters.Exists(parameter => parameter.Item2 is not null))
            {
                throw new TemplateException("non-default argument follows default argument", Current.Line);
            }
            else
            {
                parameters.Add((name, null));
            }
        }

        return parameters;
    }

    // A name, names with commas (in parentheses or not), or an attribute of a namespace.
    private TemplateExpression Target(bool allowAttribute)
    {
        List<TemplateExpression> names = [];
        bool tuple = false;
        bool closes = TakeOperator("(");
        do
        {
            if (names.Count > 0 && (IsName("in") || IsOperator("=") || IsOperator(")")))
            {
                break;
            }

            if (IsOperator("("))
            {
                names.Add(Target(allowAttribute: false));
                continue;
            }

            int line = Current.Line;
            string name = ExpectName();
            if (name is "true" or "false" or "none" or "True" or "False" or "None")
            {
                throw new TemplateException($"can't assign to '{name}'", line);
            }

            names.Add(allowAttribute && TakeOperator(".")
                ? new AttributeExpression(new NameExpression(name), ExpectName(), line)
                : new NameExpression(name));
        }
        while (TakeOperator(",") && (tuple = true));

        if (closes)
        {
            ExpectOperator(")");
        }

        return tuple ? new ListExpression(names, isTuple: true) : names[0];
    }
}
