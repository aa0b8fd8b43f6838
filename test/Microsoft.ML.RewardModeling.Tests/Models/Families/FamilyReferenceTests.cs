using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.RewardModeling.Tests.Models.Families;

/// <summary>Every family in float32 against <see cref="ReferenceDecoder"/> in double precision.</summary>
[TestClass]
public sealed class FamilyReferenceTests
{
    private const double Tolerance = 1e-4;

    public static IEnumerable<object[]> Cases => FamilyCases.All.Select(name => new object[] { name });

    public static IEnumerable<object[]> Stretched => FamilyCases.Stretched.Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Logits_LengthsOneTo513_EqualTheReference(string name)
    {
        using FamilyModel family = new(name);
        foreach (int length in (int[])[1, 7, 64, 513])
        {
            AssertEqual(family, TinyModels.Ids(length, length));
        }
    }

    [TestMethod]
    [DynamicData(nameof(Stretched))]
    public void Logits_4096Tokens_EqualTheReference(string name)
    {
        using FamilyModel family = new(name);
        AssertEqual(family, TinyModels.Ids(1, 4096));
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Logits_PaddedBatch_EqualsTheReferenceRowByRow(string name)
    {
        using FamilyModel family = new(name);
        int[] longest = TinyModels.Ids(1, 40), shorter = TinyModels.Ids(2, 29), gaps = TinyModels.Ids(3, 40);
        int[] pad = new int[11], off = new int[11], on = [.. Enumerable.Repeat(1, 29)];
        int[][] ids = [longest, [.. shorter, .. pad], [.. pad, .. shorter], gaps];
        int[][] mask = [[.. Enumerable.Repeat(1, 40)], [.. on, .. off], [.. off, .. on], [.. gaps.Select((_, t) => t is 0 or 7 or 20 or 21 or 22 ? 0 : 1)]];
        int[][] counted = [.. mask.Select(row => row.Select((_, t) => Math.Max(0, row.Take(t + 1).Sum() - 1)).ToArray())];
        foreach (int[][]? positions in new[] { null, counted })
        {
            float[] logits = family.Model.Logits(ids, mask, positions);
            for (int row = 0; row < ids.Length; row++)
            {
                double[]?[] states = family.Reference.States(ids[row], mask[row], positions?[row]);
                for (int t = 0; t < 40; t++)
                {
                    ReadOnlySpan<float> found = logits.AsSpan(((row * 40) + t) * 48, 48);
                    double[] expected = states[t] is { } state ? family.Reference.Logits(state) : new double[48];
                    Assert.IsLessThan(Tolerance, Distance(expected, found.ToArray()), $"row {row}, column {t}, positions {(positions is null ? "by column" : "counted")}");
                }
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Score_InCompany_IsTheReferenceOfTheTextAlone(string name)
    {
        using FamilyModel family = new(name);
        int[][] texts = [TinyModels.Ids(4, 600), TinyModels.Ids(5, 3), TinyModels.Ids(6, 90)];

        float[] together = family.Model.Score(texts);

        for (int i = 0; i < texts.Length; i++)
        {
            Assert.AreEqual(family.Model.Score([texts[i]])[0], together[i], 1e-5f, $"text {i}");
        }
    }

    /// <summary>A case that would pass with a feature ignored proves nothing: every changed key must change the reference far more than the tolerance.</summary>
    [TestMethod]
    [DataRow("llama tied", """{"rope_theta":20000.0}""", 64)]
    [DataRow("llama llama3", """{"rope_scaling":null}""", 513)]
    [DataRow("llama linear", """{"rope_scaling":{"type":"linear","factor":3.9}}""", 64)]
    [DataRow("llama dynamic", """{"rope_scaling":null}""", 513)]
    [DataRow("mistral window", """{"sliding_window":17}""", 64)]
    [DataRow("qwen2 window", """{"max_window_layers":2}""", 64)]
    [DataRow("qwen2 window", """{"sliding_window":15}""", 64)]
    [DataRow("qwen3 tied, layer types", """{"layer_types":["full_attention","sliding_attention"]}""", 64)]
    [DataRow("smollm3 list", """{"no_rope_layers":[0,1,0]}""", 64)]
    [DataRow("smollm3 interval, untied", """{"sliding_window":17}""", 64)]
    [DataRow("gemma2", """{"attn_logit_softcapping":2.1}""", 64)]
    [DataRow("gemma2", """{"final_logit_softcapping":3.1}""", 7)]
    [DataRow("gemma2", """{"query_pre_attn_scalar":6}""", 7)]
    [DataRow("gemma2", """{"sliding_window":17}""", 64)]
    [DataRow("gemma3", """{"rope_local_base_freq":20000.0}""", 64)]
    [DataRow("gemma3", """{"rope_scaling":null}""", 64)]
    [DataRow("gemma3", """{"sliding_window_pattern":7}""", 64)]
    [DataRow("phi3 longrope", """{"partial_rotary_factor":1.0,"rope_scaling":null}""", 64)]
    [DataRow("phi3 longrope", """{"original_max_position_embeddings":513}""", 513)]
    [DataRow("phi3 longrope", """{"max_position_embeddings":8192}""", 513)]
    public void Reference_OneKeyChanged_DiffersFarMoreThanTheTolerance(string name, string change, int length)
    {
        using FamilyModel family = new(name);
        int[] ids = TinyModels.Ids(length, length);
        double[] before = family.Reference.Logits(family.Reference.States(ids)[^1]!);
        JsonObject config = family.Config.DeepClone().AsObject();
        foreach ((string key, JsonNode? value) in JsonNode.Parse(change)!.AsObject())
        {
            config[key] = value?.DeepClone();
        }

        ReferenceDecoder changed = new(config, family.Tensors);

        Assert.IsGreaterThan(20 * Tolerance, before.Zip(changed.Logits(changed.States(ids)[^1]!), (a, b) => Math.Abs(a - b)).Max());
    }

    private static void AssertEqual(FamilyModel family, int[] ids)
    {
        double largest = 0;
        double[][] expected = family.Reference.States(ids)!;
        float[] states = Hidden(family.Model, ids);
        float[] logits = family.Model.Logits(ids);
        int width = family.Model.Config.HiddenSize;
        for (int t = 0; t < ids.Length; t++)
        {
            double state = Distance(expected[t], states[(t * width)..((t + 1) * width)]);
            double logit = Distance(family.Reference.Logits(expected[t]), logits[(t * 48)..((t + 1) * 48)]);
            Assert.IsLessThan(Tolerance, Math.Max(state, logit), $"token {t} of {ids.Length}: state {state}, logits {logit}");
            largest = Math.Max(largest, Math.Max(state, logit));
        }

        Console.WriteLine($"{ids.Length} tokens: largest difference {largest:E1}");
    }

    private static float[] Hidden(RewardModel model, int[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable gradients = no_grad();
        return model.Network.Hidden(RaggedRows.Create([ids], model.Device)).data<float>().ToArray();
    }

    private static double Distance(double[] expected, float[] found)
    {
        Assert.HasCount(expected.Length, found);
        return expected.Zip(found, (a, b) => Math.Abs(a - b)).Max();
    }
}
