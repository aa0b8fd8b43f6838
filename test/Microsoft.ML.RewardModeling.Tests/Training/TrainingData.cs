using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Tests.Models;

namespace Microsoft.ML.RewardModeling.Tests.Training;

/// <summary>Small random pairs with everything any objective needs.</summary>
internal static class TrainingData
{
    public static TokenizedPair[] Pairs(int count, int seed = 11)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            int[] prompt = [1, .. TinyModels.Ids(random.Next(), random.Next(1, 6))];
            TokenizedSequence Answer() => new([.. prompt, .. TinyModels.Ids(random.Next(), random.Next(2, 12)), 2], prompt.Length);
            float rejected = random.Next(1, 5), margin = random.Next(1, 5);
            return new TokenizedPair($"pair-{i}", Answer(), Answer())
            {
                Teacher = Answer(), ChosenScore = rejected + margin, RejectedScore = rejected, Margin = margin,
            };
        })];
    }
}
