using Microsoft.ML.RewardModeling;

namespace Microsoft.ML.RewardModeling.Tests.RewardModelTrainer;

[TestClass]
public sealed class PromptSplitTests
{
    private static readonly string[] Prompts = [.. Enumerable.Range(0, 200).Select(i => $"prompt {i}")];

    [TestMethod]
    public void ValidationPrompts_OrderAndRepetitionChange_ChoiceStays()
    {
        HashSet<string> first = PromptSplit.ValidationPrompts(Prompts, 0.1, 7);
        HashSet<string> again = PromptSplit.ValidationPrompts(Prompts.Reverse().Concat(Prompts), 0.1, 7);

        Assert.AreEqual(20, first.Count);
        Assert.IsTrue(first.SetEquals(again));
    }

    [TestMethod]
    public void ValidationPrompts_OtherSeed_ChoosesOthers()
        => Assert.IsFalse(PromptSplit.ValidationPrompts(Prompts, 0.1, 7).SetEquals(PromptSplit.ValidationPrompts(Prompts, 0.1, 8)));

    [TestMethod]
    [DataRow(10, 0.0, 0)]
    [DataRow(1, 0.5, 0)]
    [DataRow(0, 0.5, 0)]
    [DataRow(10, 0.01, 1)]
    [DataRow(2, 0.99, 1)]
    [DataRow(10, 0.25, 3)]
    public void ValidationPrompts_Sizes_AreRoundedAndNeverTakeAll(int prompts, double fraction, int expected)
        => Assert.AreEqual(expected, PromptSplit.ValidationPrompts(Prompts.Take(prompts), fraction, 1).Count);
}
