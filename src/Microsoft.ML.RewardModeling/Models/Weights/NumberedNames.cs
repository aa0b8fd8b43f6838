using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.RewardModeling.Models.Weights;

/// <summary>
/// Lists what is wrong with many tensors without leaving one out: the same trouble in many layers is one line,
/// <c>'model.layers.{0-11,13}.mlp.up_proj.weight' is missing</c>.
/// </summary>
internal static partial class NumberedNames
{
    /// <summary>One text per trouble, in the order of its first tensor.</summary>
    public static IEnumerable<string> Group(IEnumerable<(string Name, string Problem)> problems)
    {
        OrderedDictionary<(string Pattern, string Problem), List<(string Name, int Number)>> groups = [];
        foreach ((string name, string problem) in problems)
        {
            Match number = FirstNumber().Match(name);
            (string pattern, int value) = number.Success
                ? (name[..number.Index] + '\0' + name[(number.Index + number.Length)..], int.Parse(number.Value, CultureInfo.InvariantCulture))
                : (name, 0);
            if (!groups.TryGetValue((pattern, problem), out List<(string, int)>? members))
            {
                groups.Add((pattern, problem), members = []);
            }

            members.Add((name, value));
        }

        return groups.Select(group => $"'{Name(group.Key.Pattern, group.Value)}' {group.Key.Problem}");
    }

    private static string Name(string pattern, List<(string Name, int Number)> members) => members.Count == 1
        ? members[0].Name
        : pattern.Replace("\0", "{" + Ranges([.. members.Select(member => member.Number).Order()]) + "}", StringComparison.Ordinal);

    private static string Ranges(int[] numbers)
    {
        List<string> parts = [];
        for (int start = 0, end; start < numbers.Length; start = end + 1)
        {
            for (end = start; end + 1 < numbers.Length && numbers[end + 1] == numbers[end] + 1; end++)
            {
            }

            parts.Add(end == start
                ? numbers[start].ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{numbers[start]}-{numbers[end]}"));
        }

        return string.Join(",", parts);
    }

    // Layer numbers stand between dots; more than six digits are no layer.
    [GeneratedRegex(@"(?<=\.)\d{1,6}(?=\.)")]
    private static partial Regex FirstNumber();
}
