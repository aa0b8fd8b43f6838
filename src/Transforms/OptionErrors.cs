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

    /// <summary>The columns of a transform: each has a name, and no two the same, which would be read or written as each other.</summary>
    public void CheckColumns(params (string Property, string Name)[] columns)
    {
        Dictionary<string, string> known = [];
        foreach ((string property, string name) in columns)
        {
            if (string.IsNullOrWhiteSpace(name))
            {
                Check(false, property, name, "the name of a column");
            }
            else if (!known.TryAdd(name, property))
            {
                Check(false, property, name, $"another column than {known[name]}");
            }
        }
    }

    /// <summary>What every transform has that asks a teacher.</summary>
    public void CheckClient(string property, TeacherClientOptions? client)
    {
        Check(client is not null, property, client, "options");
        client?.Validate(this);
    }

    /// <summary>What every transform has that compares scores.</summary>
    public void CheckTies(string minimumMarginProperty, float minimumMargin, string policyProperty, TiePolicy policy)
    {
        Check(minimumMargin is >= 0 and <= 9, minimumMarginProperty, minimumMargin, "0-9");
        Check(Enum.IsDefined(policy), policyProperty, policy, string.Join(", ", Enum.GetNames<TiePolicy>()));
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
