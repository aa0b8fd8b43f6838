using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace RewardModeling.Tool.CommandLine;

/// <summary>Options with their range: what is out of range is told before any work begins.</summary>
internal static class Options
{
    public static Option<string> RequiredPath(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName, Required = true };

    public static Option<string?> Path(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };

    public static Option<string[]> RequiredFiles(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    public static Option<string[]> Files(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    public static Option<T> Number<T>(string name, string helpName, string description, T standard, T least, T most)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => standard,
            CustomParser = result => ParseNumber(result, name, least, most),
        };

    public static Option<T?> OptionalNumber<T>(string name, string helpName, string description, T least, T most)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result => ParseNumber(result, name, least, most),
        };

    public static Option<string> Choice(string name, string description, string standard, params string[] values)
    {
        Option<string> option = new(name)
        {
            Description = $"{description}: {string.Join(", ", values)}.",
            HelpName = "NAME",
            DefaultValueFactory = _ => standard,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !values.Contains(result.Tokens[0].Value, StringComparer.Ordinal))
            {
                string found = result.Tokens[0].Value;
                string hint = Suggestions.Nearest(found, values) is { } meant ? $" Did you mean '{meant}'?" : "";
                result.AddError($"{name} is '{found}'; expected one of {string.Join(", ", values)}.{hint}");
            }
        });
        return option;
    }

    private static T ParseNumber<T>(System.CommandLine.Parsing.ArgumentResult result, string name, T least, T most)
        where T : struct, INumber<T>
    {
        string text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
        bool isWhole = T.CreateTruncating(0.5) == T.Zero;
        NumberStyles style = isWhole ? NumberStyles.Integer : NumberStyles.Float;
        if (T.TryParse(text, style, CultureInfo.InvariantCulture, out T value) && value >= least && value <= most)
        {
            return value;
        }

        string kind = isWhole ? "a whole number" : "a number";
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'; expected {kind} {Range(least, most)}."));
        return default;
    }

    private static string Range<T>(T least, T most)
        where T : struct, INumber<T> => (least, most) switch
        {
            _ when most >= T.CreateSaturating(int.MaxValue) => string.Create(CultureInfo.InvariantCulture, $"of at least {least}"),
            _ when least > T.Zero && least < T.One => string.Create(CultureInfo.InvariantCulture, $"above 0, at most {most}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"from {least} to {most}"),
        };
}
