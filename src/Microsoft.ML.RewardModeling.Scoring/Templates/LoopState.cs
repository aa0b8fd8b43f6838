namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>The variable <c>loop</c>.</summary>
internal sealed class LoopState(IReadOnlyList<object?> items, int depth, Func<object?, int, string>? recurse) : IPythonAttributes
{
    private List<object?>? _lastChanged;

    public int Index { get; set; }

    public bool TryGetAttribute(string name, out object? value)
    {
        value = name switch
        {
            "index" => (long)Index + 1,
            "index0" => (long)Index,
            "revindex" => (long)(items.Count - Index),
            "revindex0" => (long)(items.Count - Index - 1),
            "first" => Index == 0,
            "last" => Index == items.Count - 1,
            "length" => (long)items.Count,
            "depth" => (long)depth,
            "depth0" => (long)depth - 1,
            "previtem" => Index > 0 ? items[Index - 1] : new Undefined("there is no previous item"),
            "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new Undefined("there is no next item"),
            "cycle" => new PythonFunction(name, a => a.Positional.Count > 0
                ? a.Positional[Index % a.Positional.Count]
                : throw new TemplateException("no items for cycling given")),
            "changed" => new PythonFunction(name, a => Changed(a.Positional)),
            _ => this,
        };
        return !ReferenceEquals(value, this);
    }

    /// <summary><c>loop(items)</c> in a recursive loop.</summary>
    public string Recurse(Arguments arguments) => recurse is null
        ? throw new TemplateException("The loop must have the 'recursive' marker to be called recursively.")
        : recurse(arguments.Required(0, "iterable"), depth + 1);

    public override string ToString() => $"<LoopContext {Index + 1}/{items.Count}>";

    private bool Changed(IReadOnlyList<object?> values)
    {
        if (_lastChanged is not null && PythonValue.AreEqual(_lastChanged, values.ToList()))
        {
            return false;
        }

        _lastChanged = [.. values];
        return true;
    }
}
