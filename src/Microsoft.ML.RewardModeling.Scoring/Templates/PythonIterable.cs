namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>What can be looped over but is no list: the view of a dictionary, or a generator, which gives its items once only.</summary>
internal sealed class PythonIterable(string type, bool once, Func<IReadOnlyList<object?>> produce)
{
    private IReadOnlyList<object?>? _items;
    private int _taken;

    /// <summary>Python's name of the type.</summary>
    public string Type { get; } = type;

    /// <summary>Whether it is a view, which has a length and can be read again.</summary>
    public bool IsView { get; } = !once;

    /// <summary>What filters such as <c>map</c> and <c>select</c> give; nothing is evaluated before the first item is asked for.</summary>
    public static PythonIterable Generator(Func<IEnumerable<object?>> produce) => new("generator", once: true, () => [.. produce()]);

    /// <summary>All items that are left.</summary>
    public IReadOnlyList<object?> TakeAll()
    {
        _items ??= produce();
        IReadOnlyList<object?> left = _taken == 0 ? _items : [.. _items.Skip(_taken)];
        _taken = once ? _items.Count : 0;
        return left;
    }

    /// <summary>The next item, if there is one.</summary>
    public bool TryTake(out object? item)
    {
        _items ??= produce();
        bool found = _taken < _items.Count;
        item = found ? _items[_taken] : null;
        _taken += found && once ? 1 : 0;
        return found;
    }
}
