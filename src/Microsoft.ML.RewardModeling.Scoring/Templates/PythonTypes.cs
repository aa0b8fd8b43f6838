using System.Collections.Immutable;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

// Values in a template: null (None), bool, long, double, string, List<object?>, and the types below.

/// <summary>What a name or attribute that does not exist gives: prints as nothing, is false, and is an error wherever else it is used.</summary>
internal sealed class Undefined(string message)
{
    public string Message { get; } = message;

    public TemplateException Error() => new(Message);
}

internal sealed class PythonTuple(IReadOnlyList<object?> items)
{
    public IReadOnlyList<object?> Items { get; } = items;
}

/// <summary>A dictionary in insertion order.</summary>
internal sealed class PythonDict
{
    private readonly OrderedDictionary<object, object?> _entries = new(PythonValue.KeyComparer);

    public int Count => _entries.Count;

    public IEnumerable<KeyValuePair<object, object?>> Entries => _entries;

    public object? this[object key]
    {
        set => _entries[key] = value;
    }

    public bool TryGetValue(object? key, out object? value)
    {
        value = null;
        PythonValue.CheckHashable(key);

        return _entries.TryGetValue(key ?? PythonValue.NoneKey, out value);
    }
}

/// <summary>Jinja's <c>namespace()</c>: the one value that a template can change.</summary>
internal sealed class PythonNamespace
{
    public Dictionary<string, object?> Attributes { get; } = new(StringComparer.Ordinal);
}

/// <summary>A function, method or macro.</summary>
internal sealed class PythonFunction(string name, Func<Arguments, object?> body)
{
    public string Name { get; } = name;

    public object? Call(Arguments arguments) => body(arguments);
}

/// <summary>The arguments of a call, filter or test.</summary>
internal sealed class Arguments(string callee, IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?>? named = null)
{
    public string Callee { get; } = callee;

    public IReadOnlyList<object?> Positional { get; } = positional;

    public IReadOnlyDictionary<string, object?> Named { get; } = named ?? ImmutableDictionary<string, object?>.Empty;

    /// <summary>Refuses arguments that the callee does not know.</summary>
    public Arguments Accept(params ReadOnlySpan<string> names)
    {
        if (Positional.Count > names.Length)
        {
            throw new TemplateException($"{Callee}() takes at most {names.Length} arguments but {Positional.Count} were given");
        }

        foreach (string name in Named.Keys)
        {
            if (!names.Contains(name))
            {
                throw new TemplateException($"{Callee}() got an unexpected keyword argument '{name}'");
            }
        }

        return this;
    }

    public bool Has(int index, string name) => index < Positional.Count || Named.ContainsKey(name);

    public object? Get(int index, string name, object? fallback = null) =>
        index < Positional.Count ? Positional[index] : Named.TryGetValue(name, out object? value) ? value : fallback;

    public object? Required(int index, string name) =>
        Has(index, name) ? Get(index, name) : throw new TemplateException($"{Callee}() missing a required argument: '{name}'");

    public string Text(int index, string name, string? fallback = null) => (Has(index, name) ? Get(index, name) : fallback) switch
    {
        string text => text,
        null => throw new TemplateException($"{Callee}() missing a required text argument: '{name}'"),
        object other => throw new TemplateException(Callee is "strip" or "lstrip" or "rstrip" or "trim"
            ? $"{(Callee == "trim" ? "strip" : Callee)} arg must be None or str"
            : $"{Callee}() argument '{name}' must be str, not {PythonValue.TypeName(other)}"),
    };

    public long Integer(int index, string name, long fallback) => !Has(index, name) ? fallback : PythonValue.ToInteger(Get(index, name));
}
