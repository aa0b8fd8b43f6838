using System.Runtime.CompilerServices;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>What is shared by one rendering: where it is, how deep, and the functions every template can call.</summary>
internal sealed class TemplateRun
{
    private const int MaxDepth = 200;
    private const long MaxSteps = 10_000_000;
    private const int MaxLength = 64_000_000;
    private int _depth;
    private long _steps;

    public int Line { get; set; } = 1;

    /// <summary>Counts work, so that a template that never comes to an end, or nearly never, is an error.</summary>
    public void Step(long count)
    {
        _steps += count;
        if (_steps > MaxSteps)
        {
            throw new TemplateException($"the template takes more than {MaxSteps} steps");
        }
    }

    /// <summary>Counts the work of going through the values, and refuses texts and lists beyond all measure.</summary>
    public object? Measure(object? value)
    {
        switch (value)
        {
            case string text:
                CheckLength(text.Length);
                Step(text.Length / 256);
                break;
            case List<object?> or PythonTuple or PythonDict or PythonIterable { IsView: true }:
                long length = PythonValue.Length(value);
                CheckLength(length);
                Step(length);
                break;
        }

        return value;
    }

    /// <summary>Refuses a text or list that is too long.</summary>
    public static void CheckLength(long length)
    {
        if (length > MaxLength)
        {
            throw new TemplateException($"a text or list is longer than {MaxLength}");
        }
    }

    /// <summary>Runs a macro or recursive loop, refusing to go too deep.</summary>
    public T Nested<T>(Func<T> body)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (++_depth > MaxDepth)
        {
            throw new TemplateException($"macros or recursive loops are nested more than {MaxDepth} deep");
        }

        try
        {
            return body();
        }
        finally
        {
            _depth--;
        }
    }
}

/// <summary>The variables of a block; what it does not have is looked for outside.</summary>
internal sealed class TemplateScope(TemplateRun run, TemplateScope? parent)
{
    private readonly Dictionary<string, object?> _variables = new(StringComparer.Ordinal);

    public TemplateRun Run { get; } = run;

    public void Set(string name, object? value) => _variables[name] = value;

    public TemplateScope Inner() => new(Run, this);

    public bool TryGet(string name, out object? value)
    {
        for (TemplateScope? scope = this; scope is not null; scope = scope.Parent)
        {
            if (scope._variables.TryGetValue(name, out value))
            {
                return true;
            }
        }

        return TemplateGlobals.TryGet(name, out value);
    }

    private TemplateScope? Parent { get; } = parent;
}
