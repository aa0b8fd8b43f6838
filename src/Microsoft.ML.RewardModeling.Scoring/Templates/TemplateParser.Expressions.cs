using System.Globalization;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <content>Expressions, from the loosest binding to the tightest.</content>
internal sealed partial class TemplateParser
{
    private const int MaxChain = 500;
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    private TemplateExpression Expression(bool withCondition = true)
    {
        if (++_depth > MaxDepth)
        {
            throw new TemplateException($"expressions are nested more than {MaxDepth} deep", Current.Line);
        }

        TemplateExpression expression = withCondition ? Condition() : Or();
        _depth--;
        return expression;
    }

    // One expression, or several with commas, which make a tuple.
    private TemplateExpression Tuple(TokenKind end, bool withCondition = true, string? endName = null, bool inParentheses = false)
    {
        List<TemplateExpression> items = [];
        bool tuple = false;
        while (true)
        {
            if (items.Count > 0 && !TakeOperator(","))
            {
                break;
            }

            tuple |= items.Count > 0;
            if (Current.Kind == end || IsOperator(")") || (endName is not null && IsName(endName)))
            {
                break;
            }

            items.Add(Expression(withCondition));
        }

        if (tuple || (items.Count == 0 && inParentheses))
        {
            return new ListExpression(items, isTuple: true);
        }

        return items.Count > 0 ? items[0] : throw Unexpected("an expression");
    }

    // A chain of operators is as deep as it is long when it is evaluated.
    private void CheckChain(ref int length)
    {
        if (++length > MaxChain)
        {
            throw new TemplateException($"an expression chains more than {MaxChain} operators", Current.Line);
        }
    }

    private TemplateExpression Condition()
    {
        int line = Current.Line;
        TemplateExpression value = Or();
        for (int length = 0; TakeName("if"); CheckChain(ref length))
        {
            TemplateExpression test = Or();
            value = new ConditionalExpression(test, value, TakeName("else") ? Expression() : null, line);
            line = Current.Line;
        }

        return value;
    }

    private TemplateExpression Or()
    {
        TemplateExpression left = And();
        for (int length = 0; TakeName("or"); CheckChain(ref length))
        {
            left = new LogicExpression(left, And(), isAnd: false);
        }

        return left;
    }

    private TemplateExpression And()
    {
        TemplateExpression left = Not();
        for (int length = 0; TakeName("and"); CheckChain(ref length))
        {
            left = new LogicExpression(left, Not(), isAnd: true);
        }

        return left;
    }

    private TemplateExpression Not()
    {
        int count = 0;
        while (TakeName("not"))
        {
            CheckChain(ref count);
        }

        TemplateExpression operand = Compare();
        for (; count > 0; count--)
        {
            operand = new NotExpression(operand);
        }

        return operand;
    }

    private TemplateExpression Compare()
    {
        int line = Current.Line;
        TemplateExpression first = Sum();
        List<(string, TemplateExpression)> rest = [];
        while (true)
        {
            if (Current.Kind == TokenKind.Operator && Comparisons.Contains(Current.Value))
            {
                rest.Add((Take().Value, Sum()));
            }
            else if (TakeName("in"))
            {
                rest.Add(("in", Sum()));
            }
            else if (IsName("not") && _tokens[_position + 1] is { Kind: TokenKind.Name, Value: "in" })
            {
                _position += 2;
                rest.Add(("not in", Sum()));
            }
            else
            {
                return rest.Count == 0 ? first : new CompareExpression(first, rest, line);
            }
        }
    }

    private TemplateExpression Sum() => Binary(Concatenation, "+", "-");

    private TemplateExpression Concatenation() => Binary(Product, "~");

    private TemplateExpression Product() => Binary(Power, "*", "/", "//", "%");

    private TemplateExpression Power() => Binary(() => Unary(withFilters: true), "**");

    private TemplateExpression Binary(Func<TemplateExpression> operand, params ReadOnlySpan<string> operators)
    {
        TemplateExpression left = operand();
        for (int length = 0; Current.Kind == TokenKind.Operator && operators.Contains(Current.Value); CheckChain(ref length))
        {
            TemplateToken op = Take();
            left = new BinaryExpression(op.Value, left, operand(), op.Line);
        }

        return left;
    }

    private TemplateExpression Unary(bool withFilters)
    {
        if (++_depth > MaxDepth)
        {
            throw new TemplateException($"expressions are nested more than {MaxDepth} deep", Current.Line);
        }

        int line = Current.Line;
        TemplateExpression value = TakeOperator("-") ? new UnaryExpression(Unary(withFilters: false), negative: true, line)
            : TakeOperator("+") ? new UnaryExpression(Unary(withFilters: false), negative: false, line)
            : Primary();
        value = Postfix(value);
        _depth--;
        return withFilters ? Filtered(value) : value;
    }

    private TemplateExpression Primary()
    {
        TemplateToken token = Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                _position++;
                return token.Value switch
                {
                    "true" or "True" => new ConstantExpression(true),
                    "false" or "False" => new ConstantExpression(false),
                    "none" or "None" => new ConstantExpression(null),
                    _ => Name(token.Value),
                };
            case TokenKind.Text:
                string text = "";
                while (Current.Kind == TokenKind.Text)
                {
                    text += Take().Value;
                }

                return new ConstantExpression(text);
            case TokenKind.Integer:
                _position++;
                return new ConstantExpression(long.Parse(token.Value, CultureInfo.InvariantCulture));
            case TokenKind.Float:
                _position++;
                return new ConstantExpression(double.Parse(token.Value, CultureInfo.InvariantCulture));
            case TokenKind.Operator when token.Value == "(":
                _position++;
                TemplateExpression inner = Tuple(TokenKind.End, inParentheses: true);
                ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Value == "[":
                _position++;
                return new ListExpression(Items("]"), isTuple: false);
            case TokenKind.Operator when token.Value == "{":
                _position++;
                return Dict();
            default:
                throw Unexpected("an expression");
        }
    }

    private NameExpression Name(string name)
    {
        foreach (HashSet<string> names in _namesUsed)
        {
            names.Add(name);
        }

        return new NameExpression(name);
    }

    private List<TemplateExpression> Items(string close)
    {
        List<TemplateExpression> items = [];
        while (!TakeOperator(close))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (TakeOperator(close))
                {
                    break;
                }
            }

            items.Add(Expression());
        }

        return items;
    }

    private DictExpression Dict()
    {
        List<(TemplateExpression, TemplateExpression)> entries = [];
        while (!TakeOperator("}"))
        {
            if (entries.Count > 0)
            {
                ExpectOperator(",");
                if (TakeOperator("}"))
                {
                    break;
                }
            }

            TemplateExpression key = Expression();
            ExpectOperator(":");
            entries.Add((key, Expression()));
        }

        return new DictExpression(entries);
    }

    private TemplateExpression Postfix(TemplateExpression value)
    {
        for (int length = 0; ; CheckChain(ref length))
        {
            int line = Current.Line;
            if (TakeOperator("."))
            {
                value = Current.Kind == TokenKind.Integer
                    ? new ItemExpression(value, new ConstantExpression(long.Parse(Take().Value, CultureInfo.InvariantCulture)), line)
                    : new AttributeExpression(value, ExpectName(), line);
            }
            else if (TakeOperator("["))
            {
                value = Subscript(value, line);
            }
            else if (IsOperator("("))
            {
                value = new CallExpression(value, CallArguments(), line);
            }
            else
            {
                return value;
            }
        }
    }

    private TemplateExpression Subscript(TemplateExpression value, int line)
    {
        TemplateExpression? start = IsOperator(":") ? null : Expression();
        if (TakeOperator("]"))
        {
            return new ItemExpression(value, start!, line);
        }

        if (IsOperator(","))
        {
            throw TemplateException.Unsupported("a subscript with commas", line);
        }

        ExpectOperator(":");
        TemplateExpression? stop = IsOperator(":") || IsOperator("]") ? null : Expression();
        TemplateExpression? step = TakeOperator(":") && !IsOperator("]") ? Expression() : null;
        ExpectOperator("]");
        return new SliceExpression(value, start, stop, step, line);
    }

    private ArgumentList CallArguments()
    {
        List<TemplateExpression> positional = [];
        List<(string, TemplateExpression)> named = [];
        TemplateExpression? rest = null;
        TemplateExpression? namedRest = null;
        ExpectOperator("(");
        for (bool first = true; !TakeOperator(")"); first = false)
        {
            if (!first)
            {
                ExpectOperator(",");
                if (TakeOperator(")"))
                {
                    break;
                }
            }

            if (TakeOperator("**"))
            {
                namedRest = Expression();
            }
            else if (TakeOperator("*"))
            {
                rest = Expression();
            }
            else if (Current.Kind == TokenKind.Name && _tokens[_position + 1] is { Kind: TokenKind.Operator, Value: "=" })
            {
                string name = Take().Value;
                _position++;
                named.Add((name, Expression()));
            }
            else if (named.Count > 0 || namedRest is not null)
            {
                throw new TemplateException("invalid syntax for function call expression", Current.Line);
            }
            else
            {
                positional.Add(Expression());
            }
        }

        return new ArgumentList(positional, named, rest, namedRest);
    }

    private TemplateExpression Filtered(TemplateExpression value)
    {
        for (int length = 0; ; CheckChain(ref length))
        {
            int line = Current.Line;
            if (IsOperator("|"))
            {
                _position++;
                value = Filter(value);
            }
            else if (TakeName("is"))
            {
                value = Test(value, line);
            }
            else if (IsOperator("("))
            {
                value = new CallExpression(value, CallArguments(), line);
            }
            else
            {
                return value;
            }
        }
    }

    // The filters of a block: the first has the block's text as its operand.
    private FilterExpression BlockFilters()
    {
        FilterExpression filter = Filter(null);
        while (TakeOperator("|"))
        {
            filter = Filter(filter);
        }

        return filter;
    }

    private FilterExpression Filter(TemplateExpression? value)
    {
        int line = Current.Line;
        string name = QualifiedName();
        if (!TemplateFilters.Exists(name))
        {
            throw TemplateException.Unsupported($"the filter '{name}'", line);
        }

        return new FilterExpression(value, name, IsOperator("(") ? CallArguments() : ArgumentList.Empty, line);
    }

    private TestExpression Test(TemplateExpression value, int line)
    {
        bool negated = TakeName("not");
        string name = QualifiedName();
        if (!TemplateTests.Exists(name))
        {
            throw TemplateException.Unsupported($"the test '{name}'", line);
        }

        ArgumentList arguments = ArgumentList.Empty;
        if (IsOperator("("))
        {
            arguments = CallArguments();
        }
        else if ((Current.Kind is TokenKind.Name or TokenKind.Text or TokenKind.Integer or TokenKind.Float || IsOperator("[") || IsOperator("{"))
            && !IsName("else") && !IsName("or") && !IsName("and"))
        {
            if (IsName("is"))
            {
                throw new TemplateException("You cannot chain multiple tests with is", line);
            }

            // "x is divisibleby 3": an argument without parentheses; keywords of the surrounding expression end the test.
            arguments = IsName("if") || IsName("in") || IsName("not") || IsName("recursive")
                ? ArgumentList.Empty
                : new ArgumentList([Postfix(Primary())], [], null, null);
        }

        return new TestExpression(value, name, arguments, negated, line);
    }

    private string QualifiedName()
    {
        string name = ExpectName();
        while (TakeOperator("."))
        {
            name += "." + ExpectName();
        }

        return name;
    }
}
