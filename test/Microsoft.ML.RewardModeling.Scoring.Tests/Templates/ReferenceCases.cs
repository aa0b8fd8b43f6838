using System.Text.Json;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Templates;

/// <summary>Templates, variables and what Jinja2 makes of them; <c>tools/template-golden.py</c> writes the file.</summary>
internal static class ReferenceCases
{
    private static readonly string Folder =
        Path.Combine(TestData.RepositoryRoot, "test", "Microsoft.ML.RewardModeling.Scoring.Tests", "Templates");

    public static IReadOnlyList<string> Lines { get; } = [.. File.ReadAllLines(Path.Combine(Folder, "cases.jsonl")).Where(line => line.Length > 0)];

    /// <summary>What is wrong with our rendering of the rows; empty when nothing is.</summary>
    public static List<string> Differences(IEnumerable<string> rows)
    {
        List<string> differences = [];
        foreach (JsonElement row in rows.Select(line => JsonDocument.Parse(line).RootElement))
        {
            string template = row.GetProperty("template").GetString()!;
            Dictionary<string, object?> variables = row.GetProperty("variables").EnumerateObject().ToDictionary(
                property => property.Name, property => (object?)property.Value);
            string? expected = row.TryGetProperty("expected", out JsonElement text) ? text.GetString() : null;
            string? error = row.TryGetProperty("error", out JsonElement message) ? message.GetString() : null;
            string found;
            bool good;
            try
            {
                found = ChatTemplate.Parse(template).Render(variables);
                good = found == expected;
            }
            catch (RewardScoringException exception)
            {
                // A syntax error is told in our own words, what fails while rendering in Python's.
                found = exception.Message;
                good = error is not null && (found.StartsWith("The chat template cannot be read", StringComparison.Ordinal)
                    || found.Contains(error, StringComparison.Ordinal));
            }

            if (!good)
            {
                differences.Add($"{row.GetProperty("name").GetString()}: {template}\n  expected {expected ?? "error: " + error}\n  found    {found}");
            }
        }

        return differences;
    }

    /// <summary>The rows as Jinja2 renders them now; null, with the reason, where Python or Jinja2 is missing.</summary>
    public static string[]? RenderWithPython(IEnumerable<string> rows, out string reason)
    {
        string[] arguments = [Path.Combine(TestData.RepositoryRoot, "tools", "template-golden.py"), "rows"];
        string[]? rendered = External.Run("python3", arguments, rows, out reason);

        // Debian's package belongs to Debian's own interpreter, which need not be the first python3 on the path.
        return rendered ?? (File.Exists("/usr/bin/python3") ? External.Run("/usr/bin/python3", arguments, rows, out reason) : null);
    }
}
