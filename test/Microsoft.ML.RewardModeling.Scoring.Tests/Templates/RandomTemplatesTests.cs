using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Templates;

/// <summary>Random templates, rendered by this library and by Jinja2.</summary>
[TestClass]
public sealed class RandomTemplatesTests
{
    /// <summary>How many templates; more with the environment variable, for a longer search.</summary>
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("REWARDMODELING_RANDOM_TEMPLATES") ?? "500", CultureInfo.InvariantCulture);

    [TestMethod]
    public void Render_RandomTemplates_EqualsJinja()
    {
        int seed = int.Parse(Environment.GetEnvironmentVariable("REWARDMODELING_RANDOM_SEED") ?? "1", CultureInfo.InvariantCulture);
        RandomTemplates random = new(seed);
        JsonNode variables = JsonNode.Parse(RandomTemplates.Variables)!;
        string[] rows = [.. Enumerable.Range(0, Count).Select(i => new JsonObject
        {
            ["name"] = $"{i}", ["template"] = random.Next(), ["variables"] = variables.DeepClone(),
        }.ToJsonString())];
        string[]? rendered = ReferenceCases.RenderWithPython(rows, out string reason);
        if (rendered is null)
        {
            Assert.Inconclusive($"skipped: python3 with jinja2 is not here ({reason.Trim()})");
            return;
        }

        int addresses = 0;
        List<string> differences = [];
        foreach (JsonElement row in ModelTemplates.Parse(rendered))
        {
            string template = ModelTemplates.Text(row, "template");
            string expected = row.TryGetProperty("expected", out JsonElement text) ? text.GetString()! : "error: " + ModelTemplates.Text(row, "error");
            string found;
            try
            {
                found = Render(template, row.GetProperty("variables"));
            }
            catch (Exception exception)
            {
                // Whatever is no RewardScoringException is a defect.
                found = $"crash: {exception}";
            }

            if (found.Contains("the text of a ", StringComparison.Ordinal) && found.Contains("is not supported", StringComparison.Ordinal))
            {
                // Python prints an address of its memory.
                addresses++;
                continue;
            }

            found = InPythonsWords(found);
            if (found != InPythonsWords(expected) && !(found == "unreadable" && expected.StartsWith("error: ", StringComparison.Ordinal)))
            {
                differences.Add($"---- {template}\n  expected {expected}\n  found    {found}");
            }
        }

        if (Environment.GetEnvironmentVariable("REWARDMODELING_RANDOM_DIFFERENCES") is { } file)
        {
            File.WriteAllLines(file, differences);
        }

        Assert.HasCount(Count, rendered);
        Assert.IsLessThan(Count / 20, addresses);
        Assert.IsEmpty(differences, $"{differences.Count} of {Count}:\n{string.Join('\n', differences.Take(20))}");
    }

    // Python has many names for types that here are one, and puts them into its messages.
    private static string InPythonsWords(string text) => !text.StartsWith("error: ", StringComparison.Ordinal) ? text : text
        .Replace("jinja2.utils.Namespace", "Namespace", StringComparison.Ordinal)
        .Replace("builtin_function_or_method", "function", StringComparison.Ordinal)
        .Replace("dict_reversekeyiterator", "list_reverseiterator", StringComparison.Ordinal);

    private static string Render(string template, JsonElement variables)
    {
        ChatTemplate parsed;
        try
        {
            parsed = ChatTemplate.Parse(template);
        }
        catch (RewardScoringException exception)
        {
            // A syntax error is told in our own words; a feature that is not supported is none.
            return exception.Message.Contains("is not supported", StringComparison.Ordinal) ? exception.Message : "unreadable";
        }

        (string? text, string? error) = ModelTemplates.Render(parsed, variables);
        return error is null ? text! : "error: " + error;
    }
}
