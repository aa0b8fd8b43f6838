using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.RewardModeling.Models;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models;

/// <summary>Real pretrained models against outputs of an independent float64 forward pass.</summary>
[TestClass]
public sealed class ReferenceLogitsTests
{
    [TestMethod]
    [DataRow("stories260K")]
    [DataRow("tinystories-656k")]
    [DataRow("aidreams260K")]
    public void Logits_PretrainedModel_EqualTheFullReferenceMatrices(string name)
    {
        string directory = TestData.SharedOrSkip("models", name);
        using RewardModel model = RewardModel.Load(directory);
        JsonElement vectors = Reference(directory).GetProperty("vectors");
        for (int i = 0; i < vectors.GetArrayLength(); i++)
        {
            float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(directory, $"reference_logits_{i}.f32"))).ToArray();

            float[] logits = model.Logits(Ids(vectors[i].GetProperty("input_ids")));

            Assert.HasCount(expected.Length, logits);
            Assert.IsLessThan(2e-4f, expected.Zip(logits, (a, b) => Math.Abs(a - b)).Max(), $"vector {i}");
        }
    }

    [TestMethod]
    public void Logits_RmNanoBase_EqualTheReferenceValues()
    {
        string directory = TestData.Own("models", "rm-nano-base");
        JsonElement reference = Reference(directory);
        double tolerance = reference.GetProperty("suggested_tolerance_fp32").GetDouble();
        using RewardModel model = RewardModel.Load(directory);
        foreach (JsonElement vector in reference.GetProperty("vectors").EnumerateArray())
        {
            float[] logits = model.Logits(Ids(vector.GetProperty("input_ids")));
            int row = 0;
            foreach (JsonElement position in vector.GetProperty("positions").EnumerateArray())
            {
                ReadOnlySpan<float> found = logits.AsSpan(row++ * model.Config.VocabularySize, model.Config.VocabularySize);
                double[] first = [.. position.GetProperty("logits_first8").EnumerateArray().Select(value => value.GetDouble())];
                for (int i = 0; i < first.Length; i++)
                {
                    Assert.AreEqual(first[i], found[i], tolerance);
                }

                Assert.AreEqual(position.GetProperty("max_logit").GetDouble(), found[position.GetProperty("argmax").GetInt32()], tolerance);
                Assert.AreEqual(position.GetProperty("logsumexp").GetDouble(), LogSumExp(found), tolerance);
            }
        }
    }

    private static JsonElement Reference(string directory)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "reference.json")));
        return document.RootElement.Clone();
    }

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];

    private static double LogSumExp(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += Math.Exp(value);
        }

        return Math.Log(sum);
    }
}
