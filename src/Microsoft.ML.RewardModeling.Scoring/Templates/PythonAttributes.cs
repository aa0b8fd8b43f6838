namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>An object with attributes of its own, such as <c>loop</c>.</summary>
internal interface IPythonAttributes
{
    bool TryGetAttribute(string name, out object? value);
}

/// <summary>value.name and value[key] as Jinja's immutable sandbox resolves them.</summary>
internal static class PythonAttributes
{
    private static readonly string[] Mutating =
        ["append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update"];

    /// <summary>value.name: the attribute, else the item (unless <paramref name="orItem"/> is false), else undefined.</summary>
    public static object? Attribute(object? value, string name, bool orItem = true)
    {
        if (value is Undefined undefined)
        {
            throw undefined.Error();
        }

        if (TryAttribute(value, name, out object? attribute))
        {
            return attribute;
        }

        return orItem && value is PythonDict dict && dict.TryGetValue(name, out object? item) ? item : Missing(value, name);
    }

    /// <summary>value[key]: the item, else the attribute, else undefined.</summary>
    public static object? Item(object? value, object? key)
    {
        switch (value)
        {
            case Undefined undefined:
                throw undefined.Error();
            case PythonDict dict when dict.TryGetValue(key, out object? item):
                return item;
            case string or List<object?> or PythonTuple when key is long or bool:
                IReadOnlyList<object?> items = PythonValue.Iterate(value);
                long index = PythonValue.ToInteger(key);
                index = index < 0 ? index + items.Count : index;
                return index >= 0 && index < items.Count ? items[(int)index] : Missing(value, key);
            default:
                return key is string name && TryAttribute(value, name, out object? attribute) ? attribute : Missing(value, key);
        }
    }

    private static bool TryAttribute(object? value, string name, out object? attribute)
    {
        attribute = null;
        if (value is string or List<object?> or PythonDict or PythonTuple && name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal) && name.Length > 4)
        {
            attribute = new Undefined($"access to attribute '{name}' of '{PythonValue.TypeName(value)}' object is unsafe.");
            return true;
        }

        switch (value)
        {
            case IPythonAttributes own:
                return own.TryGetAttribute(name, out attribute);
            case PythonNamespace space:
                return space.Attributes.TryGetValue(name, out attribute);
            case List<object?> or PythonDict when Mutating.Contains(name) && (value is List<object?> || name is not ("append" or "extend" or "insert" or "remove" or "reverse" or "sort")):
                attribute = new Undefined($"access to attribute '{name}' of '{PythonValue.TypeName(value)}' object is unsafe.");
                return true;
            case string text:
                attribute = PythonMethods.OfText(text, name);
                break;
            case PythonDict dict:
                attribute = PythonMethods.OfDict(dict, name);
                break;
            case List<object?> or PythonTuple:
                attribute = PythonMethods.OfList(PythonValue.Iterate(value), value is PythonTuple, name);
                break;
        }

        return attribute is not null;
    }

    private static Undefined Missing(object? value, object? key)
    {
        string type = value is null ? "None" : $"{PythonValue.TypeName(value)} object";
        return new Undefined(key is string name
            ? $"'{type}' has no attribute '{name}'"
            : $"{type} has no element {PythonValue.ToText(key)}");
    }
}
