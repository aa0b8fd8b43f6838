using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Tests.Models;
using Microsoft.ML.RewardModeling.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Batching;

[TestClass]
public sealed class RaggedEqualsPaddedTests
{
    [TestMethod]
    public void Loss_RandomBatches_RaggedAndPaddedGiveTheSameLossAndGradients()
    {
        using RewardModel model = TinyModels.Create();
        TrainingOptions options = new() { SftWeight = 0.7, MarginScale = 0.5 };
        for (int seed = 0; seed < 5; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            TokenizedPair[] pairs = Pairs(seed);
            (double expected, Dictionary<string, float[]> expectedGradients) = LossGradients.Backward(model, PaddedReference.Loss(model, pairs, options));
            PreferenceBatch batch = PreferenceBatch.Create(pairs, [.. Enumerable.Range(0, pairs.Length)], withTeacher: true);

            (double found, Dictionary<string, float[]> gradients) = LossGradients.Backward(model, LossGradients.Loss(model, batch, options));

            Assert.AreEqual(expected, found, 1e-5 * expected);
            foreach ((string name, float[] gradient) in expectedGradients)
            {
                double size = Math.Max(1e-3, gradient.Max(Math.Abs));
                Assert.IsLessThan(1e-5 * size * 5, gradient.Zip(gradients[name], (a, b) => (double)Math.Abs(a - b)).Max(), $"{name}, seed {seed}");
            }
        }
    }

    /// <summary>Lengths from 2 to 60; one pair shares its chosen side with the teacher, two share a rejected side.</summary>
    private static TokenizedPair[] Pairs(int seed)
    {
        Random random = new(seed);
        TokenizedSequence Sequence(int[] prompt) => new([.. prompt, .. TinyModels.Ids(random.Next(), random.Next(1, 40))], prompt.Length);
        TokenizedPair[] pairs = [.. Enumerable.Range(0, 4).Select(i =>
        {
            int[] prompt = TinyModels.Ids(random.Next(), random.Next(1, 20));
            return new TokenizedPair($"{i}", Sequence(prompt), Sequence(prompt)) { Teacher = Sequence(prompt), Margin = (float)(random.NextDouble() * 4) };
        })];
        pairs[0] = pairs[0] with { Teacher = pairs[0].Chosen };
        pairs[1] = pairs[1] with { Rejected = pairs[2].Rejected };
        return pairs;
    }
}
