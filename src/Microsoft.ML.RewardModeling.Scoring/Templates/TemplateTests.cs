namespace Microsoft.ML.RewardModeling.Scoring.Templates;

/// <summary>Jinja's tests: <c>value is name(arguments)</c>.</summary>
internal static class TemplateTests
{
    public static bool Exists(string name) => Find(name) is not null;

    public static bool Apply(string name, object? value, Arguments arguments) =>
        (Find(name) ?? throw TemplateException.Unsupported($"the test '{name}'"))(value, arguments);

    private static object? Hashable(object? value)
    {
        PythonValue.CheckHashable(value);
        return value;
    }

    private static Func<object?, Arguments, bool>? Find(string name) => name switch
    {
        "defined" => (v, _) => v is not Undefined,
        "undefined" => (v, _) => v is Undefined,
        "none" => (v, _) => v is null,
        "boolean" => (v, _) => v is bool,
        "true" => (v, _) => v is true,
        "false" => (v, _) => v is false,
        "integer" => (v, _) => v is long,
        "float" => (v, _) => v is double,
        "number" => (v, _) => v is long or double or bool,
        "string" => (v, _) => v is string,
        "mapping" => (v, _) => v is PythonDict,
        "sequence" => (v, _) => v is string or List<object?> or PythonTuple or PythonDict or Undefined,
        "iterable" => (v, _) => v is string or List<object?> or PythonTuple or PythonDict or Undefined or PythonIterable or LoopState,
        "callable" => (v, _) => v is PythonFunction,
        "filter" => (v, _) => Hashable(v) is string filter && TemplateFilters.Exists(filter),
        "test" => (v, _) => Hashable(v) is string test && Exists(test),
        "odd" => (v, _) => PythonValue.AreEqual(PythonOperators.Apply("%", v, 2L), 1L),
        "even" => (v, _) => PythonValue.AreEqual(PythonOperators.Apply("%", v, 2L), 0L),
        "divisibleby" => (v, a) => PythonValue.AreEqual(PythonOperators.Apply("%", v, a.Required(0, "num")), 0L),
        "lower" => (v, _) => PythonValue.ToText(v) is { } text && PythonText.Lower(text) == text && PythonText.Upper(text) != text,
        "upper" => (v, _) => PythonValue.ToText(v) is { } text && PythonText.Upper(text) == text && PythonText.Lower(text) != text,
        "sameas" => (v, a) => v is null or bool or string ? PythonValue.TypeName(v) == PythonValue.TypeName(a.Required(0, "other")) && PythonValue.AreEqual(v, a.Required(0, "other"))
            : ReferenceEquals(v, a.Required(0, "other")) || (v is long && a.Required(0, "other") is long && PythonValue.AreEqual(v, a.Required(0, "other"))),
        "escaped" => (_, _) => false,
        "in" => (v, a) => PythonValue.Contains(a.Required(0, "seq"), v),
        "eq" or "equalto" or "==" => (v, a) => PythonValue.AreEqual(v, a.Required(0, "other")),
        "ne" or "!=" => (v, a) => !PythonValue.AreEqual(v, a.Required(0, "other")),
        "lt" or "lessthan" or "<" => (v, a) => PythonValue.Compare(v, a.Required(0, "other"), "<") < 0,
        "le" or "<=" => (v, a) => PythonValue.Compare(v, a.Required(0, "other"), "<=") <= 0,
        "gt" or "greaterthan" or ">" => (v, a) => PythonValue.Compare(v, a.Required(0, "other"), ">") > 0,
        "ge" or ">=" => (v, a) => PythonValue.Compare(v, a.Required(0, "other"), ">=") >= 0,
        _ => null,
    };
}
