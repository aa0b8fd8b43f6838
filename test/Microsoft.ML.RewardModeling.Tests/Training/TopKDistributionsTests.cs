using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Tests.Models;
using Microsoft.ML.RewardModeling.Training;

namespace Microsoft.ML.RewardModeling.Tests.Training;

[TestClass]
public sealed class TopKDistributionsTests
{
    [TestMethod]
    public void Compute_EveryResponseToken_HoldsTheTeachersDistributionFromTheFirstOn()
    {
        using RewardModel teacher = TinyModels.Create();
        TokenizedPair[] pairs = TrainingData.Pairs(5);
        pairs[3] = pairs[3] with { Teacher = null };

        TopKDistributions distributions = TopKDistributions.Compute(teacher, pairs, 4, 2, CancellationToken.None);

        foreach (int i in new[] { 0, 1, 2, 4 })
        {
            TokenizedSequence text = pairs[i].Teacher!;
            float[] logits = teacher.Logits(text.Ids);
            (long[] ids, float[] logProbabilities) = distributions.Gather([i]);
            Assert.HasCount(text.Labels * 4, ids);
            for (int label = 0; label < text.Labels; label++)
            {
                // Row PromptLength - 1 predicts the first response token.
                double[] row = [.. logits.AsSpan((text.PromptLength - 1 + label) * 48, 48).ToArray().Select(logit => logit / 2.0)];
                double logSum = Math.Log(row.Sum(Math.Exp));
                int[] best = [.. Enumerable.Range(0, 48).OrderByDescending(id => row[id]).Take(4)];
                CollectionAssert.AreEqual(best, ids.AsSpan(label * 4, 4).ToArray().Select(id => (int)id).ToArray());
                Assert.AreEqual(row[best[0]] - logSum, logProbabilities[label * 4], 1e-4);
            }
        }
    }
}
