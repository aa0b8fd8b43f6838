using Microsoft.ML.RewardModeling.Models;
using Microsoft.ML.RewardModeling.Models.Families;
using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Tests.Models.Families;

/// <summary>What the configurations of published models come to, with their facts written down by hand.</summary>
[TestClass]
public sealed class SupportedFamiliesTests
{
    private const string Sizes = """ "hidden_size":64,"intermediate_size":96,"num_hidden_layers":8,"num_attention_heads":4,"vocab_size":100 """;

    [TestMethod]
    public void Plan_Llama3Scaling_KeepsRampsAndStretchesFrequencies()
    {
        // Llama 3.1: theta 500000, head size 128, factor 8, low 1, high 4, 8192 positions. Wavelengths below 8192 / 4 = 2048 are kept,
        // above 8192 divided by 8. Frequency 28 has wavelength 1956: kept. Frequency 30 has 2948.3, so 8192 / 2948.3 = 2.7786 turns and the
        // share (2.7786 - 1) / 3 = 0.59285: 0.40715 x 0.0021311 / 8 + 0.59285 x 0.0021311. Frequency 63 has 2559195: divided.
        RopePlan rope = Plan(
            "Llama",
            """ "head_dim":128,"rope_theta":500000.0,"rope_scaling":{"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192,"rope_type":"llama3"} """).Layers[0].Rope!;

        double[] frequencies = RopeFrequencies.Compute(rope, 0);

        Assert.AreEqual(1, frequencies[0]);
        Assert.AreEqual(0.003211445994752591, frequencies[28], 1e-15);
        Assert.AreEqual(0.0013718935677611381, frequencies[30], 1e-15);
        Assert.AreEqual(3.068925988914511e-07, frequencies[63], 1e-18);
    }

    [TestMethod]
    public void Plan_Phi3LongRope_HasThePublishedAmplitude()
    {
        // Phi-3-mini-128k: stretched 32 times from 4096, so sqrt(1 + ln 32 / ln 4096) = sqrt(1 + 5/12).
        string factors = string.Join(',', Enumerable.Repeat("2.0", 8));
        RopePlan rope = Plan(
            "Phi3",
            $$""" "max_position_embeddings":131072,"original_max_position_embeddings":4096,"rope_scaling":{"type":"su","short_factor":[{{factors}}],"long_factor":[{{factors}}]} """).Layers[0].Rope!;

        Assert.AreEqual(Math.Sqrt(17.0 / 12), rope.Amplitude, 1e-12);
        Assert.AreEqual((0, 0, 4097, 4097), (rope.LengthClass(1), rope.LengthClass(4096), rope.LengthClass(4097), rope.LengthClass(100000)));
    }

    [TestMethod]
    public void Plan_DynamicScaling_RaisesThetaForLongTextsOnly()
    {
        // theta (f L / L0 - (f - 1))^(d / (d - 2)) with f = 2, L = 2 L0, d = 16: 10000 x 3^(16/14).
        RopePlan rope = Plan("Llama", """ "max_position_embeddings":512,"rope_scaling":{"type":"dynamic","factor":2.0} """).Layers[0].Rope!;

        Assert.AreEqual(Math.Pow(10000, -0.125), RopeFrequencies.Compute(rope, rope.LengthClass(512))[1], 1e-15);
        Assert.AreEqual(Math.Pow(10000 * Math.Pow(3, 16.0 / 14), -0.125), RopeFrequencies.Compute(rope, rope.LengthClass(1024))[1], 1e-15);
    }

    [TestMethod]
    [DataRow("Mistral", "", "4096 4096 4096 4096 4096 4096 4096 4096")]
    [DataRow("Mistral", """ "sliding_window":null """, "- - - - - - - -")]
    [DataRow("Llama", """ "sliding_window":null """, "- - - - - - - -")]
    [DataRow("Qwen2", """ "use_sliding_window":false,"sliding_window":9,"max_window_layers":2 """, "- - - - - - - -")]
    [DataRow("Qwen2", """ "use_sliding_window":true,"sliding_window":9,"max_window_layers":6 """, "- - - - - - 9 9")]
    [DataRow("Qwen2", """ "use_sliding_window":true,"sliding_window":9 """, "- - - - - - - -")]
    [DataRow("Gemma2", """ "sliding_window":9 """, "9 - 9 - 9 - 9 -")]
    [DataRow("Gemma3", """ "sliding_window":9 """, "9 9 9 9 9 - 9 9")]
    [DataRow("Gemma3", """ "sliding_window":9,"sliding_window_pattern":2 """, "9 - 9 - 9 - 9 -")]
    [DataRow("Phi3", """ "sliding_window":2047 """, "2047 2047 2047 2047 2047 2047 2047 2047")]
    [DataRow("Phi3", "", "- - - - - - - -")]
    public void Plan_Windows_FollowTheFamilysRule(string family, string keys, string expected)
        => Assert.AreEqual(expected, string.Join(' ', Plan(family, keys).Layers.Select(layer => layer.Window is { } size ? $"{size}" : "-")));

    [TestMethod]
    public void Plan_SmolLM3_TurnsWhereTheListSaysOneAndElseThreeOfFour()
    {
        Assert.AreEqual("11101110", Turns(""));
        Assert.AreEqual("10010110", Turns(""" "no_rope_layers":[1,0,0,1,0,1,1,0] """));
        Assert.AreEqual("10101010", Turns(""" "no_rope_layer_interval":2 """));

        static string Turns(string keys) => string.Concat(Plan("SmolLM3", keys).Layers.Select(layer => layer.Rope is null ? '0' : '1'));
    }

    [TestMethod]
    public void Plan_Gemma3_TurnsLocalLayersByTheirOwnBaseWithoutStretching()
    {
        DecoderPlan plan = Plan("Gemma3", """ "sliding_window":9,"rope_scaling":{"rope_type":"linear","factor":8.0} """);

        Assert.AreEqual((10000.0, RopeKind.Default), (plan.Layers[0].Rope!.Theta, plan.Layers[0].Rope!.Kind));
        Assert.AreEqual((1_000_000.0, RopeKind.Linear, 8.0), (plan.Layers[5].Rope!.Theta, plan.Layers[5].Rope!.Kind, plan.Layers[5].Rope!.Factor));
        Assert.AreEqual((1.0 / 16, 1.0, 8.0, true), (plan.QueryScale, plan.NormOffset, plan.EmbeddingScale, plan.TiedHead));
    }

    [TestMethod]
    [DataRow("Llama", "", 2048)]
    [DataRow("Llama", """ "rope_scaling":{"type":"linear","factor":4.0} """, 8192)]
    [DataRow("Phi3", "", 4096)]
    [DataRow("Gemma3", """ "max_position_embeddings":1000,"rope_scaling":{"rope_type":"linear","factor":8.0} """, 1000)]
    public void Plan_MaxLength_CountsStretchingThatTheConfigDoesNot(string family, string keys, int expected) => Assert.AreEqual(expected, Plan(family, keys).MaxLength);

    [TestMethod]
    [DataRow("Mistral", """ "attention_bias":true """, "attention_bias")]
    [DataRow("Qwen3", """ "layer_types":["sliding_attention"] """, "layer_types has 1 entries")]
    [DataRow("Qwen3", """ "layer_types":["chunked_attention"] """, "chunked_attention")]
    [DataRow("SmolLM3", """ "no_rope_layers":[1,0] """, "no_rope_layers")]
    [DataRow("Gemma2", """ "sliding_window":null """, "sliding_window")]
    [DataRow("Gemma2", """ "hidden_activation":"relu" """, "hidden_activation")]
    [DataRow("Gemma2", """ "use_bidirectional_attention":true """, "use_bidirectional_attention")]
    [DataRow("Gemma3", """ "attn_logit_softcapping":50.0 """, "attn_logit_softcapping")]
    [DataRow("Gemma3", """ "rope_parameters":{"rope_type":"default"} """, "rope_parameters")]
    [DataRow("Phi3", """ "partial_rotary_factor":0.2 """, "partial_rotary_factor")]
    [DataRow("Phi3", """ "rope_scaling":{"type":"longrope","factor":2.0,"short_factor":[1,1,1,1,1,1,1,1],"long_factor":[1,1,1,1,1,1,1,1]} """, "the factor 2 of longrope")]
    public void Parse_ValueAFamilyCannotExpress_IsNamed(string family, string keys, string expected)
        => StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => Plan(family, keys)).Message, expected);

    [TestMethod]
    public void Parse_ModelOfTextAndImages_SaysWhatToUse()
    {
        string message = Assert.ThrowsExactly<RewardModelingException>(() => BackboneConfig.Parse(
            """{"architectures":["Gemma3ForConditionalGeneration"],"model_type":"gemma3","text_config":{"hidden_size":64},"vision_config":{}}""", "c")).Message;

        StringAssert.Contains(message, "Gemma3ForConditionalGeneration");
        StringAssert.Contains(message, "Gemma3ForCausalLM");
    }

    [TestMethod]
    public void Parse_AnotherFamily_NamesItAndAllThatAreSupported()
    {
        string message = Assert.ThrowsExactly<RewardModelingException>(
            () => BackboneConfig.Parse($$"""{"architectures":["MixtralForCausalLM"],"model_type":"mixtral",{{Sizes}}}""", "c")).Message;

        foreach (string name in (string[])["MixtralForCausalLM", "Qwen2ForCausalLM", "Gemma3ForCausalLM", "Phi3ForSequenceClassification"])
        {
            StringAssert.Contains(message, name);
        }
    }

    private static DecoderPlan Plan(string family, string keys)
    {
        string type = family == "Gemma3" ? "gemma3_text" : family.ToLowerInvariant();
        string shared = family is "Qwen2" or "Mistral" or "Qwen3" ? ",\"num_key_value_heads\":4" : "";
        string more = keys.Length > 0 ? "," + keys : "";
        return SupportedFamilies.Plan(BackboneConfig.Parse($$"""{"architectures":["{{family}}ForCausalLM"],"model_type":"{{type}}",{{Sizes}}{{shared}}{{more}}}""", "c"));
    }
}
