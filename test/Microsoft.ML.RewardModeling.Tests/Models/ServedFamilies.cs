using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models;

/// <summary>The checked-in description of what transformers and vLLM expect of a directory (Data/served-families.json).</summary>
internal static class ServedFamilies
{
    public static JsonNode Description { get; } = JsonNode.Parse(File.ReadAllText(Path.Combine(
        TestData.RepositoryRoot, "test", "Microsoft.ML.RewardModeling.Tests", "Models", "Data", "served-families.json")))!;

    public static IEnumerable<object[]> Names => Description["families"]!.AsArray().Select(family => new object[] { (string)family!["family"]! });

    public static JsonNode Family(string name) => Description["families"]!.AsArray().Single(family => (string?)family!["family"] == name)!;

    /// <summary>The family's tiny configuration.</summary>
    public static BackboneConfig Config(string name) => BackboneConfig.Parse(Family(name)["config"]!.ToJsonString(), name);

    /// <summary>Every tensor a server needs with its shape, for the family's tiny configuration.</summary>
    public static Dictionary<string, long[]> Tensors(string name)
    {
        JsonNode family = Family(name), config = family["config"]!;
        Dictionary<string, long[]> result = [];
        foreach ((string pattern, JsonNode? shape) in family["tensors"]!.AsObject())
        {
            long[] sizes = [.. shape!.AsArray().Select(size => Evaluate((string)size!, config))];
            int copies = pattern.Contains("{i}", StringComparison.Ordinal) ? (int)config["num_hidden_layers"]! : 1;
            for (int i = 0; i < copies; i++)
            {
                result.Add(pattern.Replace("{i}", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal), sizes);
            }
        }

        return result;
    }

    /// <summary>Sums of products of numbers and configuration keys.</summary>
    private static long Evaluate(string expression, JsonNode config) => expression.Split('+').Sum(term => term.Split('*')
        .Select(factor => long.TryParse(factor, CultureInfo.InvariantCulture, out long number) ? number : config[factor]!.GetValue<JsonElement>().GetInt64())
        .Aggregate(1L, (a, b) => a * b));
}
