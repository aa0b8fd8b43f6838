using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.RewardModeling;
using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Files;

/// <summary>
/// Reads training data: pairs, or lists of scored answers, <c>{"id", "prompt", "candidates"}</c> as ranking writes them or
/// <c>{"id", "prompt", "responses": [...], "scores": [...]}</c>.
/// </summary>
internal static class ListInputs
{
    /// <summary>The rows as a view; files of one run are all of one kind.</summary>
    /// <exception cref="WorkException">A row is no list or pair, kinds are mixed, or lists are given to an objective that learns from pairs.</exception>
    public static IDataView Load(MLContext ml, IReadOnlyList<string> paths, bool takesLists)
    {
        bool[] hold = [.. paths.Select(HoldsLists)];
        if (!hold.Any(lists => lists))
        {
            return ml.RewardModeling.LoadPairs(PairInputs.Read(paths));
        }

        string first = paths[Array.IndexOf(hold, true)];
        if (!takesLists)
        {
            throw new WorkException($"{first}: found lists of answers, but this objective learns from pairs. Train with --objective plackett-luce, or make pairs of the lists first.");
        }

        if (hold.Any(lists => !lists))
        {
            throw new WorkException($"{paths[Array.IndexOf(hold, false)]}: found pairs, but {first} holds lists of answers; expected one kind. Give them to separate runs.");
        }

        return ml.RewardModeling.LoadCandidates([.. paths.SelectMany(Read)]);
    }

    private static bool HoldsLists(string path) => !path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase)
        && JsonLines.Read(path).FirstOrDefault() is { } row && (row.Value.ContainsKey("candidates") || row.Value.ContainsKey("responses"));

    private static IEnumerable<CandidateSet> Read(string path) => JsonLines.Read(path).First().Value.ContainsKey("candidates")
        ? CandidateFile.Read(path)
        : JsonLines.Read(path).Select(ToSet);

    private static CandidateSet ToSet(JsonRow row)
    {
        List<string> responses = Items<string>(row, "responses", "a non-empty list of texts");
        List<float> scores = Items<float>(row, "scores", "a non-empty list of numbers");
        if (responses.Count != scores.Count)
        {
            throw new WorkException($"{row.Place}: found {responses.Count} responses and {scores.Count} scores; expected one score for each response. Correct the row.");
        }

        return new CandidateSet
        {
            Id = row.Text("id"),
            Prompt = new Conversation(row.Conversation("prompt").Select(turn => new ConversationTurn(turn.Role, turn.Content))),
            Candidates = [.. responses.Zip(scores, (response, score) => new Candidate(response, score))],
        };
    }

    private static List<T> Items<T>(JsonRow row, string name, string expected)
    {
        List<T> items = [];
        foreach (JsonNode? item in row.Require(name) as JsonArray ?? [])
        {
            items.Add(item is JsonValue value && value.TryGetValue(out T? found) ? found : throw row.Wrong(name, expected));
        }

        return items.Count > 0 ? items : throw row.Wrong(name, expected);
    }
}
