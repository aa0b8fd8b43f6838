using System.Globalization;

namespace Microsoft.ML.RewardModeling;

/// <summary>Collects everything that is wrong with an options record, so that all of it is reported at once.</summary>
internal sealed class OptionErrors
{
    private readonly string _options;
    private readonly List<string> _errors = [];

    public OptionErrors(string options)
    {
        _options = options;
    }

    public void Check(bool isValid, string property, object? value, string expected)
    {
        if (!isValid)
        {
            _errors.Add(string.Create(CultureInfo.InvariantCulture, $"{property} is {value ?? "null"}; expected {expected}."));
        }
    }

    public void CheckColumns(params (string Property, string Name)[] columns)
    {
        foreach ((string property, string name) in columns)
        {
            Check(!string.IsNullOrWhiteSpace(name), property, name, "the name of a column");
        }
    }

    /// <exception cref="ArgumentException">Something is wrong; every error is named.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count > 0)
        {
            throw new ArgumentException($"{_options}: {string.Join(" ", _errors)}");
        }
    }
}
