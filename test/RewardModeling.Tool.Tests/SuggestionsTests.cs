using RewardModeling.Tool.CommandLine;

namespace RewardModeling.Tool.Tests;

[TestClass]
public sealed class SuggestionsTests
{
    private static readonly string[] Known = ["--pairs", "--backbone", "--batch-size", "--max-length", "--max-steps"];

    [TestMethod]
    [DataRow("--pair", "--pairs")]
    [DataRow("--piars", "--pairs")]
    [DataRow("--batchsize", "--batch-size")]
    [DataRow("--back", "--backbone")]
    [DataRow("--zzz", null)]
    public void Nearest_Typo_FindsWhatWasMeantOrNothing(string typed, string? meant) => Assert.AreEqual(meant, Suggestions.Nearest(typed, Known));

    [TestMethod]
    [DataRow("abc", "abc", 0)]
    [DataRow("abc", "acb", 1)]
    [DataRow("abc", "", 3)]
    [DataRow("kitten", "sitting", 3)]
    public void Distance_KnownWords_CountsEdits(string a, string b, int expected) => Assert.AreEqual(expected, Suggestions.Distance(a, b));
}
