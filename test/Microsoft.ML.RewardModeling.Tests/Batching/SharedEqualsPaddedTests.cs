using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Batching;

/// <summary>Fused kernels, ragged rows and shared prefixes together against the plain padded way.</summary>
[TestClass]
public sealed class SharedEqualsPaddedTests
{
    /// <summary>Heads wide enough for the vector kernels.</summary>
    private static readonly BackboneConfig Config = BackboneConfig.Parse(
        """
        {
          "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "vocab_size": 48, "hidden_size": 32,
          "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
          "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true,
          "bos_token_id": 1, "eos_token_id": 2, "initializer_range": 0.2, "torch_dtype": "float32"
        }
        """,
        "test");

    [TestMethod]
    public void Loss_RandomBatches_SharedPrefixesAndPaddedGiveTheSameLossAndGradients()
    {
        using RewardModel model = RewardModel.Create(Config, 1);
        model.Network.SegmentOperations = 0;
        TrainingOptions options = new() { SftWeight = 0.7, MarginScale = 0.5 };
        for (int seed = 0; seed < 50; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            TokenizedPair[] pairs = Pairs(new Random(seed));
            (double expected, Dictionary<string, float[]> expectedGradients) = LossGradients.Backward(model, PaddedReference.Loss(model, pairs, options));
            PreferenceBatch batch = PreferenceBatch.Create(pairs, [.. Enumerable.Range(0, pairs.Length)], withTeacher: true);

            (double found, Dictionary<string, float[]> gradients) = LossGradients.Backward(model, LossGradients.Loss(model, batch, options));

            Assert.AreEqual(expected, found, 1e-5 * Math.Abs(expected), $"seed {seed}");
            double size = Norm(expectedGradients.Values.SelectMany(gradient => gradient));
            double difference = Norm(expectedGradients.SelectMany(item => item.Value.Zip(gradients[item.Key], (a, b) => a - b)));
            Assert.IsLessThan(1e-5 * size, difference, $"seed {seed}");
            foreach ((string name, float[] gradient) in expectedGradients)
            {
                // One tensor's gradient may be a small rest of large terms.
                Assert.IsLessThan(1e-5 * (Norm(gradient) + (0.1 * size)), Norm(gradient.Zip(gradients[name], (a, b) => a - b)), $"{name}, seed {seed}");
            }
        }
    }

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(value => (double)value * value));

    /// <summary>
    /// Texts of 1 to 40 tokens after a prompt; the further common beginning of chosen, rejected and teacher is nothing, a
    /// random part, all but one token, or the whole of the shorter one.
    /// </summary>
    private static TokenizedPair[] Pairs(Random random)
    {
        int[] Ids(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(3, 48))];
        int[] common = random.Next(3) == 0 ? Ids(random.Next(1, 15)) : [];
        return [.. Enumerable.Range(0, random.Next(1, 4)).Select(i =>
        {
            int[] prompt = [.. common, .. Ids(random.Next(1, 20))];
            int[] answer = Ids(random.Next(1, 40));
            int[] Other() => random.Next(5) switch
            {
                0 => Ids(random.Next(1, 40)),
                1 => [.. answer.Take(random.Next(answer.Length)), .. Ids(random.Next(1, 20))],
                2 => [.. answer[..^1], (answer[^1] % 40) + 4],
                3 => [.. answer, .. Ids(random.Next(1, 10))],
                _ => answer[..Math.Max(1, answer.Length / 2)],
            };
            TokenizedSequence Sequence(int[] text) => new([.. prompt, .. text], prompt.Length);
            return new TokenizedPair($"{i}", Sequence(answer), Sequence(Other()))
            {
                Teacher = Sequence(random.Next(4) == 0 ? answer : Other()), Margin = (float)(random.NextDouble() * 4),
            };
        })];
    }
}
