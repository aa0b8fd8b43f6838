using System.Text.Json.Nodes;

namespace Microsoft.ML.RewardModeling.Tests.Models.Families;

/// <summary>Tiny models of every family, as their <c>config.json</c> would say it, with head sizes 6, 10 and 20.</summary>
internal static class FamilyCases
{
    private const string Llama3Scaling = """{"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":512,"rope_type":"llama3" """;

    /// <summary>Name and what differs from the base below.</summary>
    private static readonly Dictionary<string, (string Architecture, string Keys)> Cases = new()
    {
        ["llama untied, biases"] = ("Llama", """ "num_attention_heads":4,"num_key_value_heads":2,"head_dim":6,"attention_bias":true,"mlp_bias":true """),
        ["llama tied"] = ("Llama", """ "num_attention_heads":3,"num_key_value_heads":1,"head_dim":20,"tie_word_embeddings":true """),
        ["llama llama3"] = ("Llama", $$""" "head_dim":10,"rope_theta":500000.0,"max_position_embeddings":4096,"rope_scaling":{{Llama3Scaling}}} """),
        ["llama llama3, newer"] = ("Llama", $$""" "head_dim":20,"max_position_embeddings":4096,"rope_parameters":{{Llama3Scaling}},"rope_theta":500000.0} """),
        ["llama linear"] = ("Llama", """ "head_dim":6,"max_position_embeddings":1024,"rope_scaling":{"type":"linear","factor":4.0} """),
        ["llama dynamic"] = ("Llama", """ "head_dim":6,"max_position_embeddings":512,"rope_scaling":{"rope_type":"dynamic","factor":2.0} """),
        ["mistral window"] = ("Mistral", """ "head_dim":10,"sliding_window":16 """),
        ["mistral no window"] = ("Mistral", """ "sliding_window":null """),
        ["qwen2 tied"] = ("Qwen2", """ "tie_word_embeddings":true,"use_sliding_window":false,"sliding_window":8,"max_window_layers":1 """),
        ["qwen2 window"] = ("Qwen2", """ "num_hidden_layers":3,"use_sliding_window":true,"sliding_window":16,"max_window_layers":1 """),
        ["qwen3"] = ("Qwen3", """ "head_dim":10,"rope_theta":1000000.0 """),
        ["qwen3 tied, layer types"] = ("Qwen3",
            """ "head_dim":20,"tie_word_embeddings":true,"use_sliding_window":true,"sliding_window":9,"layer_types":["sliding_attention","full_attention"] """),
        ["smollm3 list"] = ("SmolLM3", """ "num_hidden_layers":3,"no_rope_layers":[1,0,1],"rope_theta":5000000.0 """),
        ["smollm3 interval, untied"] = ("SmolLM3",
            """ "num_hidden_layers":4,"no_rope_layer_interval":2,"tie_word_embeddings":false,"use_sliding_window":true,"sliding_window":16 """),
        ["gemma2"] = ("Gemma2",
            """ "head_dim":6,"query_pre_attn_scalar":14,"sliding_window":16,"attn_logit_softcapping":2.0,"final_logit_softcapping":3.0 """),
        ["gemma2 uncapped, untied"] = ("Gemma2",
            """ "head_dim":20,"query_pre_attn_scalar":20,"sliding_window":32,"attn_logit_softcapping":null,"final_logit_softcapping":null,"tie_word_embeddings":false """),
        ["gemma3"] = ("Gemma3",
            """ "num_hidden_layers":7,"head_dim":10,"query_pre_attn_scalar":10,"sliding_window":16,"rope_scaling":{"rope_type":"linear","factor":8.0} """),
        ["gemma3 pattern, untied"] = ("Gemma3",
            """ "num_hidden_layers":3,"head_dim":6,"query_pre_attn_scalar":8,"sliding_window":600,"sliding_window_pattern":3,"tie_word_embeddings":false,"max_position_embeddings":4096,"rope_theta":1000000.0,"rope_local_base_freq":100.0,"rope_scaling":{"rope_type":"linear","factor":8.0} """),
        ["gemma3 newer"] = ("Gemma3",
            """ "head_dim":10,"query_pre_attn_scalar":10,"sliding_window":16,"layer_types":["full_attention","sliding_attention"],"rope_parameters":{"full_attention":{"rope_type":"linear","factor":8.0,"rope_theta":50000.0},"sliding_attention":{"rope_type":"default","rope_theta":300.0}} """),
        ["phi3"] = ("Phi3", """ "sliding_window":16 """),
        ["phi3 longrope"] = ("Phi3",
            """ "hidden_size":32,"num_attention_heads":4,"partial_rotary_factor":0.75,"max_position_embeddings":4096,"original_max_position_embeddings":512,"rope_scaling":{"type":"longrope","short_factor":[1.0,1.1,1.3],"long_factor":[1.5,3.0,7.0]} """),
        ["phi3 longrope, window"] = ("Phi3",
            """ "hidden_size":40,"num_attention_heads":4,"tie_word_embeddings":true,"sliding_window":700,"max_position_embeddings":2048,"rope_parameters":{"rope_type":"longrope","rope_theta":10000.0,"original_max_position_embeddings":64,"short_factor":[1,1,1.2,1.4,2],"long_factor":[1,2,4,8,16]} """),
    };

    /// <summary>Cases whose rotary embedding is stretched, for long texts.</summary>
    public static IEnumerable<string> Stretched => ["llama llama3", "llama linear", "llama dynamic", "gemma3 pattern, untied", "phi3 longrope", "phi3 longrope, window"];

    public static IEnumerable<string> All => Cases.Keys;

    /// <summary>One case of every family, for slower questions.</summary>
    public static IEnumerable<string> OnePerFamily => Cases.GroupBy(item => item.Value.Architecture).Select(group => group.First().Key);

    public static JsonObject Config(string name)
    {
        (string architecture, string keys) = Cases[name];
        string type = architecture == "Gemma3" ? "gemma3_text" : architecture.ToLowerInvariant();
        JsonObject config = JsonNode.Parse(
            $$"""
            {
              "architectures": ["{{architecture}}ForCausalLM"], "model_type": "{{type}}", "vocab_size": 48, "hidden_size": 24, "intermediate_size": 20,
              "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5,
              "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float32"
            }
            """)!.AsObject();
        foreach ((string key, JsonNode? value) in JsonNode.Parse($"{{{keys}}}")!.AsObject())
        {
            config[key] = value?.DeepClone();
        }

        return config;
    }
}
