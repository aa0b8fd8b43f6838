using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>Python's rules for values: truth, text, equality, order, items.</summary>
internal static class PythonValue
{
    /// <summary>Stands for None as a dictionary key.</summary>
    public static readonly object NoneKey = new();

    public static IEqualityComparer<object> KeyComparer { get; } = new Comparer();

    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long => "int",
        double => "float",
        string => "str",
        List<object?> => "list",
        PythonTuple => "tuple",
        PythonDict => "dict",
        PythonNamespace => "Namespace",
        PythonFunction => "function",
        PythonIterable iterable => iterable.Type,
        LoopState => "LoopContext",
        Undefined => "Undefined",
        _ => value.GetType().Name,
    };

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool truth => truth,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        PythonTuple tuple => tuple.Items.Count > 0,
        PythonDict dict => dict.Count > 0,
        PythonIterable { IsView: true } view => view.TakeAll().Count > 0,
        _ => true,
    };

    /// <summary>str(value).</summary>
    public static string ToText(object? value) => value switch
    {
        string text => text,
        Undefined => "",
        _ => Represent(value),
    };

    /// <summary>repr(value).</summary>
    public static string Represent(object? value)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (value)
        {
            case null:
                return "None";
            case bool truth:
                return truth ? "True" : "False";
            case long number:
                return number.ToString(CultureInfo.InvariantCulture);
            case double number:
                return PythonText.Number(number);
            case string text:
                return PythonText.Quote(text);
            case Undefined:
                return "Undefined";
            case List<object?> list:
                return $"[{string.Join(", ", list.Select(Represent))}]";
            case PythonTuple tuple:
                return tuple.Items.Count == 1 ? $"({Represent(tuple.Items[0])},)" : $"({string.Join(", ", tuple.Items.Select(Represent))})";
            case PythonDict dict:
                return $"{{{string.Join(", ", dict.Entries.Select(entry => $"{Represent(Key(entry.Key))}: {Represent(entry.Value)}"))}}}";
            case PythonNamespace space:
                return $"<Namespace {{{string.Join(", ", space.Attributes.Select(entry => $"{PythonText.Quote(entry.Key)}: {Represent(entry.Value)}"))}}}>";
            case LoopState loop:
                return loop.ToString();
            case PythonIterable { IsView: true } view:
                return $"{view.Type}([{string.Join(", ", view.TakeAll().Select(Represent))}])";
            default:
                throw TemplateException.Unsupported($"the text of a {TypeName(value)}");
        }
    }

    /// <summary>Refuses what cannot be a key.</summary>
    public static void CheckHashable(object? value)
    {
        if (value is List<object?> or PythonDict)
        {
            throw new TemplateException($"unhashable type: '{TypeName(value)}'");
        }

        if (value is PythonTuple tuple)
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            foreach (object? item in tuple.Items)
            {
                CheckHashable(item);
            }
        }
    }

    public static object? Key(object key) => ReferenceEquals(key, NoneKey) ? null : key;

    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null, null) or (Undefined, Undefined) => true,
        (string a, string b) => string.Equals(a, b, StringComparison.Ordinal),
        (List<object?> a, List<object?> b) => AreEqual((IReadOnlyList<object?>)a, b),
        (PythonTuple a, PythonTuple b) => AreEqual(a.Items, b.Items),
        (PythonDict a, PythonDict b) => a.Count == b.Count
            && a.Entries.All(entry => b.TryGetValue(Key(entry.Key), out object? other) && AreEqual(entry.Value, other)),
        _ when Number(left) is double a && Number(right) is double b => left is long x && right is long y ? x == y : a.Equals(b) || a == b,
        _ => ReferenceEquals(left, right),
    };

    /// <summary>Less than zero, zero or more than zero; an error for values without an order.</summary>
    public static int Compare(object? left, object? right, string operation)
    {
        switch (left, right)
        {
            case (Undefined undefined, _):
                throw undefined.Error();
            case (_, Undefined undefined):
                throw undefined.Error();
            case (string a, string b):
                return CompareCodePoints(a, b);
            case (List<object?> a, List<object?> b):
                return Compare((IReadOnlyList<object?>)a, b, operation);
            case (PythonTuple a, PythonTuple b):
                return Compare(a.Items, b.Items, operation);
            case (long a, long b):
                return a.CompareTo(b);
            default:
                return Number(left) is double x && Number(right) is double y
                    ? x.CompareTo(y)
                    : throw new TemplateException(
                        $"'{operation}' not supported between instances of '{TypeName(left)}' and '{TypeName(right)}'");
        }
    }

    /// <summary>The elements that a loop sees.</summary>
    public static IReadOnlyList<object?> Iterate(object? value) => value switch
    {
        List<object?> list => list,
        PythonTuple tuple => tuple.Items,
        PythonDict dict => [.. dict.Entries.Select(entry => Key(entry.Key))],
        string text => [.. PythonText.CodePoints(text)],
        Undefined => [],
        PythonIterable iterable => iterable.TakeAll(),
        _ => throw new TemplateException($"'{TypeName(value)}' object is not iterable"),
    };

    public static bool Contains(object? container, object? item) => container switch
    {
        string text => item is string part
            ? text.Contains(part, StringComparison.Ordinal)
            : throw new TemplateException($"'in <string>' requires string as left operand, not {TypeName(item)}"),
        PythonDict dict => dict.TryGetValue(item, out _),
        List<object?> or PythonTuple or Undefined or PythonIterable => Iterate(container).Any(element => AreEqual(element, item)),
        _ => throw new TemplateException($"argument of type '{TypeName(container)}' is not iterable"),
    };

    public static long Length(object? value) => value switch
    {
        string text => PythonText.Length(text),
        List<object?> or PythonTuple or Undefined => Iterate(value).Count,
        PythonDict dict => dict.Count,
        PythonIterable { IsView: true } view => view.TakeAll().Count,
        _ => throw new TemplateException($"object of type '{TypeName(value)}' has no len()"),
    };

    public static double? Number(object? value) => value switch
    {
        bool truth => truth ? 1 : 0,
        long number => number,
        double number => number,
        _ => null,
    };

    public static long ToInteger(object? value) => value switch
    {
        long number => number,
        bool truth => truth ? 1 : 0,
        Undefined undefined => throw undefined.Error(),
        _ => throw new TemplateException($"'{TypeName(value)}' object cannot be interpreted as an integer"),
    };

    /// <summary>value[start:stop:step].</summary>
    public static object? Slice(object? value, object? start, object? stop, object? step)
    {
        if (value is Undefined undefined)
        {
            throw undefined.Error();
        }

        if (value is not (string or List<object?> or PythonTuple))
        {
            throw new TemplateException(
                value is PythonDict ? "unhashable type: 'slice'" : $"'{TypeName(value)}' object is not subscriptable");
        }

        IReadOnlyList<object?> items = Iterate(value);
        long by = step is null ? 1 : Index(step);
        if (by == 0)
        {
            throw new TemplateException("slice step cannot be zero");
        }

        int count = items.Count;
        long from = Bound(start, by > 0 ? 0 : count - 1);
        long to = Bound(stop, by > 0 ? count : -1);
        List<object?> result = [];
        for (long i = from; by > 0 ? i < to : i > to; i += by)
        {
            result.Add(items[(int)i]);
        }

        return value switch
        {
            string => string.Concat(result),
            PythonTuple => new PythonTuple(result),
            _ => result,
        };

        static long Index(object? value) => value is long or bool
            ? ToInteger(value)
            : throw new TemplateException("slice indices must be integers or None or have an __index__ method");

        long Bound(object? bound, long fallback)
        {
            if (bound is null)
            {
                return fallback;
            }

            long index = Index(bound);
            index = index < 0 ? index + count : index;
            return by > 0 ? Math.Clamp(index, 0, count) : Math.Clamp(index, -1, count - 1);
        }
    }

    private static bool AreEqual(IReadOnlyList<object?> left, IReadOnlyList<object?> right)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return left.Count == right.Count && Enumerable.Range(0, left.Count).All(i => AreEqual(left[i], right[i]));
    }

    private static int Compare(IReadOnlyList<object?> left, IReadOnlyList<object?> right, string operation)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        for (int i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            if (!AreEqual(left[i], right[i]))
            {
                return Compare(left[i], right[i], operation);
            }
        }

        return left.Count.CompareTo(right.Count);
    }

    private static int CompareCodePoints(string left, string right)
    {
        StringRuneEnumerator a = left.EnumerateRunes();
        StringRuneEnumerator b = right.EnumerateRunes();
        while (a.MoveNext())
        {
            if (!b.MoveNext())
            {
                return 1;
            }

            if (a.Current != b.Current)
            {
                return a.Current.CompareTo(b.Current);
            }
        }

        return b.MoveNext() ? -1 : 0;
    }

    private sealed class Comparer : IEqualityComparer<object>
    {
        public new bool Equals(object? x, object? y) => AreEqual(x, y);

        public int GetHashCode(object value) => value switch
        {
            string text => string.GetHashCode(text, StringComparison.Ordinal),
            PythonTuple tuple => tuple.Items.Count,
            _ => Number(value)?.GetHashCode() ?? 0,
        };
    }
}
