using Microsoft.ML.RewardModeling;

namespace Microsoft.ML.RewardModeling.Tests.RewardModelTrainer;

/// <summary>A few short pairs with scores, three prompts of which one is a conversation.</summary>
internal static class TestPairs
{
    public static PreferencePair[] All { get; } =
    [
        Pair("1", "Name a colour.", "Blue is a colour.", "Table.", 9, 2),
        Pair("2", "Name a colour.", "Red, for example.", "No idea", 8, 1),
        Pair("3", "What is 2 + 2?", "2 + 2 is 4.", "It is 5.", 10, 1),
        Pair("4", "What is 2 + 2?", "Four.", "Five!", 9, 3),
        Pair("5", new Conversation([new("user", "Hi"), new("assistant", "Hello!"), new("user", "Name a fruit.")]), "Apple", "A stone", 9, 2),
        Pair("6", "Where is Rome?", "Rome is in Italy.", "Rome is on the moon.", 10, 1),
        Pair("7", "Say yes.", "Yes.", "Perhaps, perhaps not, who can say?", 7, 4),
        Pair("8", "Spell cat.", "c-a-t", "d-o-g", 9, 1),
    ];

    public static IReadOnlyList<(string Prompt, string Chosen, string Rejected)> Rows { get; }
        = [.. All.Where(p => p.Prompt.Turns.Count == 1).Select(p => (p.Prompt.ToColumnText(), p.Chosen, p.Rejected))];

    private static PreferencePair Pair(string id, Conversation prompt, string chosen, string rejected, float chosenScore, float rejectedScore) => new()
    {
        Id = id,
        Prompt = prompt,
        Chosen = chosen,
        Rejected = rejected,
        ChosenScore = chosenScore,
        RejectedScore = rejectedScore,
        Margin = chosenScore - rejectedScore,
        TeacherResponse = chosen + " That is all.",
    };
}
