using System.Text.Json;
using Microsoft.ML.RewardModeling;

namespace Quickstart;

/// <summary>The repository's own prompts with two unlabelled candidate answers each; who is better is the teacher's to say.</summary>
internal sealed record FirstPartyData(IReadOnlyList<PreferencePair> Train, IReadOnlyList<PreferencePair> Test)
{
    /// <summary>Reads the folder. Ids that end in 0 or 5 are the test split; every prompt occurs once, so no prompt is in both.</summary>
    public static FirstPartyData Load(string folder, int maxPairs)
    {
        ILookup<bool, PreferencePair> split = Directory.EnumerateFiles(folder, "*.jsonl")
            .Order(StringComparer.Ordinal)
            .SelectMany(File.ReadLines)
            .Select(Parse)
            .ToLookup(pair => pair.Id[^1] is '0' or '5');
        return new FirstPartyData([.. split[false].Take(maxPairs)], [.. split[true]]);
    }

    private static PreferencePair Parse(string line)
    {
        using JsonDocument row = JsonDocument.Parse(line);
        string Text(string name) => row.RootElement.GetProperty(name).GetString()!;
        return new PreferencePair { Id = Text("id"), Prompt = Text("prompt"), Chosen = Text("response_a"), Rejected = Text("response_b"), IsLabelled = false };
    }
}
