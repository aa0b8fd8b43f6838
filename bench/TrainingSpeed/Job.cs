using System.Text.Json;
using Microsoft.ML.RewardModeling.Batching;
using Microsoft.ML.RewardModeling.Models;

namespace Microsoft.ML.RewardModeling.TrainingSpeed;

/// <summary>One worker's work: the model, the batches and how to train. Written as JSON, read by this program and by reference.py.</summary>
internal sealed record Job
{
    public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public required Shape Config { get; init; }

    public required string Weights { get; init; }

    public required string TeacherWeights { get; init; }

    public required int Seed { get; init; }

    public required int TeacherSeed { get; init; }

    public required IReadOnlyList<Pair[]> Batches { get; init; }

    public required string Objective { get; init; }

    public double SftWeight { get; init; } = 1;

    public double KlWeight { get; init; } = 1;

    public double LearningRate { get; init; } = 1e-4;

    public double Clip { get; init; } = 1;

    /// <summary>Ours only: fp32, bf16, or unshared, which computes common prefixes for every text.</summary>
    public string Variant { get; init; } = "fp32";

    public int Threads { get; init; } = Environment.ProcessorCount;

    public static Job Read(string path) => JsonSerializer.Deserialize<Job>(File.ReadAllText(path), Json)!;

    public string Write(string path)
    {
        File.WriteAllText(path, JsonSerializer.Serialize(this, Json));
        return path;
    }

    /// <summary>Whether only the chosen texts count, as blocks of text of which every token is predicted.</summary>
    public bool IsLanguageModel => Objective == "causal-lm";

    public TokenizedPair[] Pairs(int batch) => [.. Batches[batch].Select((pair, i) => new TokenizedPair(
        $"{batch}-{i}", new TokenizedSequence(pair.Chosen, pair.Prompt), new TokenizedSequence(pair.Rejected, pair.Prompt))
    {
        Margin = pair.Margin,
        Teacher = new TokenizedSequence(pair.Teacher, pair.Prompt),
    })];

    /// <summary>Ids of a pair's three texts; the first <paramref name="Prompt"/> of each are the prompt.</summary>
    internal sealed record Pair(int Prompt, int[] Chosen, int[] Rejected, int[] Teacher, float Margin);

    /// <summary>The model, as reference.py wants it named.</summary>
    internal sealed record Shape(
        int Hidden, int Layers, int Heads, int Groups, int HeadDim, int Mlp, int Vocabulary, double RopeTheta, double Eps, int MaxLength)
    {
        public BackboneConfig Backbone() => BackboneConfig.Parse(
            FormattableString.Invariant($$"""
            {
              "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "vocab_size": {{Vocabulary}}, "hidden_size": {{Hidden}},
              "intermediate_size": {{Mlp}}, "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}}, "num_key_value_heads": {{Groups}},
              "head_dim": {{HeadDim}}, "max_position_embeddings": 4096, "rms_norm_eps": {{Eps}}, "rope_theta": {{RopeTheta}}, "tie_word_embeddings": true,
              "bos_token_id": 1, "eos_token_id": 2, "initializer_range": 0.02, "torch_dtype": "float32"
            }
            """),
            "bench");
    }
}
