using System.CommandLine;
using System.Globalization;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Teaching;

/// <summary>The option <c>--price MODEL=IN/OUT</c>.</summary>
internal static class Prices
{
    public static Option<string[]> Option() => new("--price")
    {
        Description = "Price of a million tokens sent and received, for example gpt-4o=2.5/10; may be given several times.",
        HelpName = "MODEL=IN/OUT",
    };

    public static IReadOnlyDictionary<string, TeacherPrice> Parse(string[]? values)
    {
        Dictionary<string, TeacherPrice> prices = new(StringComparer.Ordinal);
        foreach (string value in values ?? [])
        {
            int equals = value.LastIndexOf('=');
            prices[equals > 0 ? value[..equals] : throw Wrong(value)] = value[(equals + 1)..].Split('/') is [var sent, var received]
                && Number(sent) is { } input && Number(received) is { } output
                    ? new TeacherPrice(input, output)
                    : throw Wrong(value);
        }

        return prices;
    }

    private static decimal? Number(string text)
        => decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) ? number : null;

    private static UsageException Wrong(string value)
        => new($"--price is '{value}'; expected MODEL=IN/OUT with two prices for a million tokens, for example gpt-4o=2.5/10.");
}
