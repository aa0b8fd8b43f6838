namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>A part of an expression.</summary>
internal abstract class TemplateExpression
{
    public abstract object? Evaluate(TemplateScope scope);
}

internal sealed class ConstantExpression(object? value) : TemplateExpression
{
    public object? Value { get; } = value;

    public override object? Evaluate(TemplateScope scope) => Value;
}

internal sealed class NameExpression(string name) : TemplateExpression
{
    public string Name { get; } = name;

    public override object? Evaluate(TemplateScope scope) =>
        scope.TryGet(Name, out object? value) ? value : new Undefined($"'{Name}' is undefined");
}

internal sealed class ListExpression(List<TemplateExpression> items, bool isTuple) : TemplateExpression
{
    public List<TemplateExpression> Items { get; } = items;

    public bool IsTuple { get; } = isTuple;

    public override object? Evaluate(TemplateScope scope)
    {
        List<object?> values = Items.ConvertAll(item => item.Evaluate(scope));
        return IsTuple ? new PythonTuple(values) : values;
    }
}

internal sealed class DictExpression(List<(TemplateExpression Key, TemplateExpression Value)> entries) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope)
    {
        PythonDict dict = new();
        foreach ((TemplateExpression key, TemplateExpression value) in entries)
        {
            object? evaluated = key.Evaluate(scope);
            PythonValue.CheckHashable(evaluated);
            dict[evaluated ?? PythonValue.NoneKey] = value.Evaluate(scope);
        }

        return dict;
    }
}

internal sealed class AttributeExpression(TemplateExpression target, string name, int line) : TemplateExpression
{
    public TemplateExpression Target { get; } = target;

    public string Name { get; } = name;

    public override object? Evaluate(TemplateScope scope)
    {
        object? value = Target.Evaluate(scope);
        scope.Run.Line = line;
        return PythonAttributes.Attribute(value, Name);
    }
}

internal sealed class ItemExpression(TemplateExpression target, TemplateExpression key, int line) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope)
    {
        object? value = target.Evaluate(scope);
        object? index = key.Evaluate(scope);
        scope.Run.Line = line;
        return PythonAttributes.Item(value, index);
    }
}

internal sealed class SliceExpression(
    TemplateExpression target, TemplateExpression? start, TemplateExpression? stop, TemplateExpression? step, int line) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope)
    {
        object? value = target.Evaluate(scope);
        object? first = start?.Evaluate(scope);
        object? last = stop?.Evaluate(scope);
        object? by = step?.Evaluate(scope);
        scope.Run.Line = line;
        return PythonValue.Slice(value, first, last, by);
    }
}

/// <summary>The arguments of a call as they are written.</summary>
internal sealed record ArgumentList(
    List<TemplateExpression> Positional, List<(string Name, TemplateExpression Value)> Named, TemplateExpression? Rest, TemplateExpression? NamedRest)
{
    public static ArgumentList Empty { get; } = new([], [], null, null);

    public Arguments Evaluate(string callee, TemplateScope scope)
    {
        List<object?> positional = Positional.ConvertAll(argument => argument.Evaluate(scope));
        if (Rest is not null)
        {
            positional.AddRange(PythonValue.Iterate(Rest.Evaluate(scope)));
        }

        if (Named.Count == 0 && NamedRest is null)
        {
            return new Arguments(callee, positional);
        }

        Dictionary<string, object?> named = Named.ToDictionary(argument => argument.Name, argument => argument.Value.Evaluate(scope));
        if (NamedRest?.Evaluate(scope) is PythonDict dict)
        {
            foreach (KeyValuePair<object, object?> entry in dict.Entries)
            {
                named[PythonValue.ToText(entry.Key)] = entry.Value;
            }
        }

        return new Arguments(callee, positional, named);
    }
}

internal sealed class CallExpression(TemplateExpression callee, ArgumentList arguments, int line) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => Call(scope, null);

    public object? Call(TemplateScope scope, PythonFunction? caller)
    {
        object? target = callee.Evaluate(scope);
        scope.Run.Line = line;
        string name = callee is NameExpression named ? named.Name : callee is AttributeExpression attribute ? attribute.Name : "call";
        Arguments values = arguments.Evaluate(name, scope);
        if (caller is not null)
        {
            values = new Arguments(name, values.Positional, new Dictionary<string, object?>(values.Named) { ["caller"] = caller });
        }

        scope.Run.Line = line;
        return target switch
        {
            PythonFunction function => scope.Run.Measure(scope.Run.Nested(() => function.Call(values))),
            LoopState loop => scope.Run.Nested(() => loop.Recurse(values)),
            Undefined undefined => throw undefined.Error(),
            _ => throw new TemplateException($"'{PythonValue.TypeName(target)}' object is not callable"),
        };
    }
}

internal sealed class FilterExpression(TemplateExpression? target, string name, ArgumentList arguments, int line) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => Apply(scope, null);

    /// <summary>Applies the filter to its operand, or to a text when it is the first filter of a block.</summary>
    public object? Apply(TemplateScope scope, string? blockText)
    {
        object? value = target is FilterExpression inner ? inner.Apply(scope, blockText) : target is null ? blockText : target.Evaluate(scope);
        Arguments values = arguments.Evaluate(name, scope);
        scope.Run.Line = line;
        scope.Run.Measure(value);
        return scope.Run.Measure(TemplateFilters.Apply(name, value, values));
    }
}

internal sealed class TestExpression(TemplateExpression target, string name, ArgumentList arguments, bool negated, int line) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope)
    {
        object? value = target.Evaluate(scope);
        Arguments values = arguments.Evaluate(name, scope);
        scope.Run.Line = line;
        return TemplateTests.Apply(name, value, values) != negated;
    }
}

internal sealed class ConditionalExpression(TemplateExpression condition, TemplateExpression then, TemplateExpression? otherwise, int line) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => PythonValue.IsTrue(condition.Evaluate(scope))
        ? then.Evaluate(scope)
        : otherwise is null
            ? new Undefined($"the inline if-expression on line {line} evaluated to false and no else section was defined.")
            : otherwise.Evaluate(scope);
}

internal sealed class LogicExpression(TemplateExpression left, TemplateExpression right, bool isAnd) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope)
    {
        object? value = left.Evaluate(scope);
        return PythonValue.IsTrue(value) == isAnd ? right.Evaluate(scope) : value;
    }
}

internal sealed class NotExpression(TemplateExpression operand) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope) => !PythonValue.IsTrue(operand.Evaluate(scope));
}

internal sealed class UnaryExpression(TemplateExpression operand, bool negative, int line) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope)
    {
        object? value = operand.Evaluate(scope);
        scope.Run.Line = line;
        return negative ? PythonOperators.Negate(value) : PythonOperators.Apply("+", value, 0L);
    }
}

internal sealed class BinaryExpression(string op, TemplateExpression left, TemplateExpression right, int line) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope)
    {
        object? first = left.Evaluate(scope);
        object? second = right.Evaluate(scope);
        scope.Run.Line = line;
        scope.Run.Measure(first);
        scope.Run.Measure(second);
        return scope.Run.Measure(op == "~" ? PythonValue.ToText(first) + PythonValue.ToText(second) : PythonOperators.Apply(op, first, second));
    }
}

/// <summary>A chain such as <c>1 &lt; x &lt;= 5</c>.</summary>
internal sealed class CompareExpression(TemplateExpression first, List<(string Operator, TemplateExpression Operand)> rest, int line) : TemplateExpression
{
    public override object? Evaluate(TemplateScope scope)
    {
        object? left = first.Evaluate(scope);
        foreach ((string op, TemplateExpression operand) in rest)
        {
            object? right = operand.Evaluate(scope);
            scope.Run.Measure(left);
            scope.Run.Measure(right);
            scope.Run.Line = line;
            bool holds = op switch
            {
                "==" => PythonValue.AreEqual(left, right),
                "!=" => !PythonValue.AreEqual(left, right),
                "in" => PythonValue.Contains(right, left),
                "not in" => !PythonValue.Contains(right, left),
                "<" => PythonValue.Compare(left, right, op) < 0,
                "<=" => PythonValue.Compare(left, right, op) <= 0,
                ">" => PythonValue.Compare(left, right, op) > 0,
                _ => PythonValue.Compare(left, right, op) >= 0,
            };
            if (!holds)
            {
                return false;
            }

            left = right;
        }

        return true;
    }
}
