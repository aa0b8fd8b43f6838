using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Models;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Models;

[TestClass]
public sealed class BackboneConfigTests
{
    private const string Minimal =
        """{"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":32,"intermediate_size":48,"num_hidden_layers":2,"num_attention_heads":4,"vocab_size":100EXTRA}""";

    [TestMethod]
    public void Load_RealBackbone_ReadsEveryField()
    {
        BackboneConfig config = BackboneConfig.Load(TestData.Own("models", "rm-nano-base"));

        Assert.AreEqual("LlamaForCausalLM", config.Architecture);
        Assert.AreEqual((4096, 256, 512, 5), (config.VocabularySize, config.HiddenSize, config.IntermediateSize, config.Layers));
        Assert.AreEqual((4, 2, 64, 1024), (config.Heads, config.KeyValueHeads, config.HeadDim, config.MaxPositions));
        Assert.AreEqual((1e-5, 10000.0, true), (config.RmsNormEpsilon, config.RopeTheta, config.TieWordEmbeddings));
        Assert.AreEqual((1, 0, "bfloat16", false), (config.BosTokenId, config.PadTokenId, config.Dtype, config.IsSequenceClassifier));
        CollectionAssert.AreEqual(new[] { 2 }, config.EosTokenIds.ToArray());
        Assert.AreEqual(4096, config.Raw.GetProperty("vocab_size").GetInt32());
    }

    [TestMethod]
    public void Parse_MinimalConfig_UsesTheFamilysDefaults()
    {
        BackboneConfig config = Parse(string.Empty);

        Assert.AreEqual((4, 8, 2048), (config.KeyValueHeads, config.HeadDim, config.MaxPositions));
        Assert.AreEqual((1e-6, 10000.0, false, false), (config.RmsNormEpsilon, config.RopeTheta, config.TieWordEmbeddings, config.AttentionBias));
        Assert.IsNull(config.PadTokenId);
        Assert.AreEqual(0, config.EosTokenIds.Count);
    }

    [TestMethod]
    public void Parse_NewerRopeParametersAndEosList_AreRead()
    {
        BackboneConfig config = Parse(""","rope_parameters":{"rope_type":"default","rope_theta":500000.0},"eos_token_id":[7,9],"dtype":"float16" """);

        Assert.AreEqual(500000.0, config.RopeTheta);
        Assert.AreEqual("float16", config.Dtype);
        CollectionAssert.AreEqual(new[] { 7, 9 }, config.EosTokenIds.ToArray());
    }

    [TestMethod]
    [DataRow(""","rope_scaling":{"rope_type":"llama3","factor":8.0}""", "rope_scaling")]
    [DataRow(""","rope_parameters":{"rope_type":"yarn"}""", "rope_parameters")]
    [DataRow(""","hidden_act":"relu" """, "hidden_act")]
    [DataRow(""","rope_scaling":{"type":"linear","factor":2.0,"alpha":3}""", "rope_scaling.alpha")]
    [DataRow(""","rope_scaling":{"type":"linear"}""", "rope_scaling.factor")]
    [DataRow(""","rope_scaling":{"type":"longrope","short_factor":[1],"long_factor":[1],"original_max_position_embeddings":512}""", "short_factor")]
    [DataRow(""","rope_scaling":{"type":"linear","factor":2.0},"rope_parameters":{"rope_type":"default"}""", "rope_parameters differ")]
    [DataRow(""","rope_theta":10000.0,"rope_parameters":{"rope_type":"default","rope_theta":500000.0}""", "rope_theta")]
    [DataRow(""","rope_parameters":{"full_attention":{"rope_type":"default"}}""", "rope_parameters")]
    [DataRow(""","layer_types":["sliding_attention","full_attention"]""", "layer_types")]
    [DataRow(""","embedding_multiplier":12.0""", "embedding_multiplier")]
    [DataRow(""","num_local_experts":8""", "num_local_experts")]
    [DataRow(""","query_pre_attn_scalar":256""", "query_pre_attn_scalar")]
    [DataRow(""","sliding_window":512,"max_position_embeddings":4096""", "sliding_window")]
    [DataRow(""","partial_rotary_factor":0.5""", "partial_rotary_factor")]
    [DataRow(""","quantization_config":{"bits":4}""", "quantization_config")]
    [DataRow(""","num_key_value_heads":3""", "num_key_value_heads")]
    [DataRow(""","head_dim":7""", "head_dim")]
    [DataRow(""","num_key_value_heads":"2" """, "num_key_value_heads")]
    public void Parse_KeyThatChangesTheArithmetic_IsAnErrorThatNamesIt(string extra, string key)
    {
        string message = Assert.ThrowsExactly<RewardModelingException>(() => Parse(extra)).Message;

        StringAssert.Contains(message, key);
        StringAssert.Contains(message, "here/config.json");
    }

    [TestMethod]
    [DataRow(""","sliding_window":null""")]
    [DataRow(""","sliding_window":4096,"max_position_embeddings":2048""")]
    [DataRow(""","rope_scaling":{"type":"default"}""")]
    [DataRow(""","pretraining_tp":2,"hidden_act":"silu" """)]
    [DataRow(""","use_mrope":false,"rope_interleaved":false,"attention_dropout":0.1,"use_cache":true,"unsloth_version":"1" """)]
    public void Parse_KeyWithItsHarmlessValue_IsAccepted(string extra) => Assert.AreEqual(100, Parse(extra).VocabularySize);

    [TestMethod]
    public void Parse_UnknownArchitectureAndMissingSizes_NamesAll()
    {
        string message = Assert.ThrowsExactly<RewardModelingException>(
            () => BackboneConfig.Parse("""{"architectures":["GPT2LMHeadModel"],"hidden_size":32}""", "c")).Message;

        StringAssert.Contains(message, "GPT2LMHeadModel");
        StringAssert.Contains(message, "num_attention_heads is missing");
        StringAssert.Contains(message, "vocab_size is missing");
    }

    [TestMethod]
    public void Parse_ClassifierWithTwoLabels_Fails()
    {
        string json = Minimal.Replace("ForCausalLM", "ForSequenceClassification").Replace("EXTRA", ""","id2label":{"0":"a","1":"b"}""");

        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => BackboneConfig.Parse(json, "c")).Message, "id2label");
    }

    [TestMethod]
    public void Load_NoFolderNoFileOrNoJson_SaysWhich()
    {
        using var folder = new TemporaryFolder();
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => BackboneConfig.Load(folder["nowhere"])).Message, "no such folder");
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => BackboneConfig.Load(folder.Path)).Message, "no config.json");
        File.WriteAllText(folder["config.json"], "{");
        StringAssert.Contains(Assert.ThrowsExactly<RewardModelingException>(() => BackboneConfig.Load(folder.Path)).Message, "JSON");
    }

    private static BackboneConfig Parse(string extra) => BackboneConfig.Parse(Minimal.Replace("EXTRA", extra), "here/config.json");
}
