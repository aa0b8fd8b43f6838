using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Templates;

/// <summary>Chat templates of real models, and what Jinja2 makes of them; <c>Models/README.md</c> says where they come from.</summary>
internal static partial class ModelTemplates
{
    private static readonly string Folder =
        Path.Combine(TestData.RepositoryRoot, "test", "Microsoft.ML.RewardModeling.Scoring.Tests", "Templates", "Models");

    /// <summary>The templates in the repository: rows of model and template.</summary>
    public static IReadOnlyList<JsonElement> Committed { get; } = Read("templates.jsonl");

    /// <summary>The conversations that every template renders.</summary>
    public static IReadOnlyList<JsonElement> Conversations { get; } = Read("conversations.jsonl");

    /// <summary>The recorded results, by model.</summary>
    public static IReadOnlyDictionary<string, JsonElement> Goldens { get; } = Read("goldens.jsonl").ToDictionary(row => Text(row, "model"));

    public static string Text(JsonElement row, string name) => row.GetProperty(name).GetString()!;

    public static IReadOnlyList<JsonElement> Parse(IEnumerable<string> lines) =>
        [.. lines.Where(line => line.Length > 0).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>What differs between our renderings of the templates and the recorded ones, and how many were compared.</summary>
    public static (List<string> Differences, int Compared) CompareWithGoldens(IEnumerable<JsonElement> templates)
    {
        List<string> differences = [];
        int compared = 0;
        foreach (JsonElement row in templates)
        {
            string model = Text(row, "model");
            string source = Text(row, "template");
            JsonElement golden = Goldens[model];
            if (Sha256(source) != Text(golden, "template_sha256"))
            {
                differences.Add($"{model}: the template is not the one that was recorded");
                continue;
            }

            ChatTemplate template = ChatTemplate.Parse(source);
            foreach (JsonElement conversation in Conversations)
            {
                string name = Text(conversation, "name");
                JsonElement output = golden.GetProperty("outputs").GetProperty(name);
                (string? text, string? error) = Render(template, conversation.GetProperty("variables"));
                bool equal = output.TryGetProperty("error", out JsonElement message)
                    ? error == message.GetString()
                    : text is not null && Sha256(text) == Text(output, "sha256");
                compared++;
                if (!equal)
                {
                    differences.Add($"{model}, {name}: expected {output}, found {(error is null ? text : "error: " + error)}");
                }
            }
        }

        return (differences, compared);
    }

    /// <summary>The text, or the template's own message without our line.</summary>
    public static (string? Text, string? Error) Render(ChatTemplate template, JsonElement variables)
    {
        try
        {
            return (template.Render(variables.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value)), null);
        }
        catch (RewardScoringException exception)
        {
            Match match = Failed().Match(exception.Message);
            return (null, match.Success ? match.Groups[1].Value : "not in the form of a template error: " + exception.Message);
        }
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static IReadOnlyList<JsonElement> Read(string file) => Parse(File.ReadAllLines(Path.Combine(Folder, file)));

    [GeneratedRegex(@"\AThe chat template failed in line \d+: (.*)\z", RegexOptions.Singleline)]
    private static partial Regex Failed();
}
