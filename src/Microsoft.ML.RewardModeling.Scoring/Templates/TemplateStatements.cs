using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>How rendering goes on after a statement.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>A part of a template that writes text or changes variables.</summary>
internal abstract class TemplateStatement
{
    public abstract Flow Render(TemplateScope scope, StringBuilder output);

    public static Flow RenderAll(List<TemplateStatement> body, TemplateScope scope, StringBuilder output)
    {
        foreach (TemplateStatement statement in body)
        {
            Flow flow = statement.Render(scope, output);
            scope.Run.Step(1);
            TemplateRun.CheckLength(output.Length);
            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    public static string RenderText(List<TemplateStatement> body, TemplateScope scope)
    {
        StringBuilder output = new();
        RenderAll(body, scope, output);
        return output.ToString();
    }

    /// <summary>Assigns a value to a name, to several names or to an attribute of a namespace.</summary>
    public static void Assign(TemplateExpression target, object? value, TemplateScope scope)
    {
        switch (target)
        {
            case NameExpression name:
                scope.Set(name.Name, value);
                break;
            case AttributeExpression attribute:
                PythonNamespace space = attribute.Target.Evaluate(scope) as PythonNamespace
                    ?? throw new TemplateException("cannot assign attribute on non-namespace object");
                space.Attributes[attribute.Name] = value;
                break;
            case ListExpression list:
                IReadOnlyList<object?> values = PythonValue.Iterate(value);
                if (values.Count != list.Items.Count)
                {
                    throw new TemplateException(values.Count > list.Items.Count
                        ? $"too many values to unpack (expected {list.Items.Count})"
                        : $"not enough values to unpack (expected {list.Items.Count}, got {values.Count})");
                }

                for (int i = 0; i < values.Count; i++)
                {
                    Assign(list.Items[i], values[i], scope);
                }

                break;
        }
    }
}

internal sealed class DataStatement(string text) : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output)
    {
        output.Append(text);
        return Flow.Next;
    }
}

internal sealed class PrintStatement(TemplateExpression expression, int line) : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output)
    {
        scope.Run.Line = line;
        output.Append(PythonValue.ToText(expression.Evaluate(scope)));
        return Flow.Next;
    }
}

internal sealed class IfStatement(List<(TemplateExpression Test, List<TemplateStatement> Body, int Line)> branches, List<TemplateStatement> otherwise)
    : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output)
    {
        foreach ((TemplateExpression test, List<TemplateStatement> body, int line) in branches)
        {
            scope.Run.Line = line;
            if (PythonValue.IsTrue(test.Evaluate(scope)))
            {
                return RenderAll(body, scope, output);
            }
        }

        return RenderAll(otherwise, scope, output);
    }
}

internal sealed class ForStatement(
    TemplateExpression target,
    TemplateExpression iterable,
    TemplateExpression? filter,
    bool recursive,
    List<TemplateStatement> body,
    List<TemplateStatement> otherwise,
    int line) : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output)
    {
        scope.Run.Line = line;
        Loop(iterable.Evaluate(scope), 1, scope, output);
        return Flow.Next;
    }

    private void Loop(object? values, int depth, TemplateScope scope, StringBuilder output)
    {
        IReadOnlyList<object?> items = PythonValue.Iterate(values);
        scope.Run.Step(items.Count);
        if (filter is not null)
        {
            items = [.. items.Where(item =>
            {
                TemplateScope test = scope.Inner();
                Assign(target, item, test);
                return PythonValue.IsTrue(filter.Evaluate(test));
            })];
        }

        // Jinja renders the "else" of a loop unless an iteration came to its end: "continue" and "break" do not count.
        bool completed = false;
        LoopState loop = new(items, depth, recursive ? Recurse : null);
        for (int i = 0; i < items.Count; i++)
        {
            TemplateScope inner = scope.Inner();
            loop.Index = i;
            inner.Set("loop", loop);
            Assign(target, items[i], inner);
            scope.Run.Step(1);
            Flow flow = RenderAll(body, inner, output);
            completed |= flow == Flow.Next;
            if (flow == Flow.Break)
            {
                break;
            }
        }

        if (!completed)
        {
            RenderAll(otherwise, scope.Inner(), output);
        }

        string Recurse(object? nested, int nestedDepth)
        {
            StringBuilder text = new();
            Loop(nested, nestedDepth, scope, text);
            return text.ToString();
        }
    }
}

internal sealed class FlowStatement(Flow flow) : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output) => flow;
}

internal sealed class SetStatement(TemplateExpression target, TemplateExpression value, int line) : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output)
    {
        scope.Run.Line = line;
        Assign(target, value.Evaluate(scope), scope);
        return Flow.Next;
    }
}

/// <summary><c>{% set name | filter %}...{% endset %}</c></summary>
internal sealed class SetBlockStatement(TemplateExpression target, FilterExpression? filter, List<TemplateStatement> body) : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output)
    {
        string text = RenderText(body, scope.Inner());
        Assign(target, filter is null ? text : filter.Apply(scope, text), scope);
        return Flow.Next;
    }
}

/// <summary><c>{% filter name %}...{% endfilter %}</c></summary>
internal sealed class FilterStatement(FilterExpression filter, List<TemplateStatement> body) : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output)
    {
        object? text = filter.Apply(scope, RenderText(body, scope.Inner()));
        output.Append(text as string ?? throw new TemplateException($"sequence item 0: expected str instance, {PythonValue.TypeName(text)} found"));
        return Flow.Next;
    }
}

/// <summary><c>{% with name = value %}...{% endwith %}</c>, and <c>{% generation %}</c>, which transformers uses to mark the assistant's words.</summary>
internal sealed class ScopeStatement(List<(TemplateExpression Target, TemplateExpression Value)> variables, List<TemplateStatement> body) : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output)
    {
        TemplateScope inner = scope.Inner();
        foreach ((TemplateExpression target, TemplateExpression value) in variables)
        {
            Assign(target, value.Evaluate(scope), inner);
        }

        return RenderAll(body, inner, output);
    }
}

/// <summary>A macro or the body of a call block: a function that renders.</summary>
internal sealed class MacroDefinition(
    string name, List<(string Name, TemplateExpression? Default)> parameters, List<TemplateStatement> body, HashSet<string> namesUsed)
{
    public string Name { get; } = name;

    public PythonFunction Bind(TemplateScope definedIn) => new(Name, arguments => Call(arguments, definedIn));

    private string Call(Arguments arguments, TemplateScope definedIn)
    {
        TemplateScope scope = definedIn.Inner();
        bool takesVarargs = namesUsed.Contains("varargs");
        bool takesKwargs = namesUsed.Contains("kwargs");
        if (arguments.Positional.Count > parameters.Count && !takesVarargs)
        {
            throw new TemplateException($"macro '{Name}' takes not more than {parameters.Count} argument(s)");
        }

        PythonDict rest = new();
        foreach (KeyValuePair<string, object?> entry in arguments.Named)
        {
            if (parameters.FindIndex(parameter => parameter.Name == entry.Key) is int index and >= 0)
            {
                if (index < arguments.Positional.Count)
                {
                    throw new TemplateException($"macro '{Name}' got multiple values for argument '{entry.Key}'");
                }
            }
            else if (entry.Key == "caller" && namesUsed.Contains("caller"))
            {
                scope.Set("caller", entry.Value);
            }
            else if (takesKwargs)
            {
                rest[entry.Key] = entry.Value;
            }
            else if (entry.Key == "caller")
            {
                throw new TemplateException(
                    $"macro '{Name}' was invoked with two values for the special caller argument. This is most likely a bug.");
            }
            else
            {
                throw new TemplateException($"macro '{Name}' takes no keyword argument '{entry.Key}'");
            }
        }

        for (int i = 0; i < parameters.Count; i++)
        {
            (string parameter, TemplateExpression? fallback) = parameters[i];
            scope.Set(parameter, arguments.Has(i, parameter)
                ? arguments.Get(i, parameter)
                : fallback is null ? new Undefined($"parameter '{parameter}' was not provided") : fallback.Evaluate(scope));
        }

        if (namesUsed.Contains("caller") && !arguments.Named.ContainsKey("caller"))
        {
            scope.Set("caller", new Undefined("No caller defined"));
        }

        if (takesVarargs)
        {
            scope.Set("varargs", new PythonTuple([.. arguments.Positional.Skip(parameters.Count)]));
        }

        if (takesKwargs)
        {
            scope.Set("kwargs", rest);
        }

        return TemplateStatement.RenderText(body, scope);
    }
}

internal sealed class MacroStatement(MacroDefinition macro) : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output)
    {
        scope.Set(macro.Name, macro.Bind(scope));
        return Flow.Next;
    }
}

/// <summary><c>{% call(parameters) macro(arguments) %}...{% endcall %}</c></summary>
internal sealed class CallStatement(CallExpression call, MacroDefinition body, int line) : TemplateStatement
{
    public override Flow Render(TemplateScope scope, StringBuilder output)
    {
        scope.Run.Line = line;
        output.Append(PythonValue.ToText(call.Call(scope, body.Bind(scope))));
        return Flow.Next;
    }
}
