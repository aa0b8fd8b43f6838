using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace Microsoft.ML.RewardModeling.Tests.Models.Families;

/// <summary>
/// The forward pass of every supported family in double precision, written position by position from the published
/// mathematics and from what transformers does with each key of <c>config.json</c>. It shares no code with the library: it
/// reads the configuration itself and asks for tensors by the names and shapes it expects.
/// </summary>
internal sealed class ReferenceDecoder(JsonObject config, ReferenceTensors tensors)
{
    private string Family { get; } = (string)config["model_type"]!;

    private bool IsGemma { get; } = (string)config["model_type"]! is "gemma2" or "gemma3_text";

    private int Hidden { get; } = (int)config["hidden_size"]!;

    private int Inner { get; } = (int)config["intermediate_size"]!;

    private int Vocabulary { get; } = (int)config["vocab_size"]!;

    private int Layers { get; } = (int)config["num_hidden_layers"]!;

    private int Heads { get; } = (int)config["num_attention_heads"]!;

    private int SharedHeads { get; } = (int?)config["num_key_value_heads"] ?? (int)config["num_attention_heads"]!;

    private int Size { get; } = (int?)config["head_dim"] ?? (int)config["hidden_size"]! / (int)config["num_attention_heads"]!;

    private double Epsilon { get; } = (double)config["rms_norm_eps"]!;

    private bool Tied => (bool?)config["tie_word_embeddings"] ?? (Family is "smollm3" or "gemma2" or "gemma3_text");

    /// <summary>States after the last norm, one per column; null at masked columns.</summary>
    public double[]?[] States(int[] ids, int[]? mask = null, int[]? positions = null)
    {
        bool[] real = [.. ids.Select((_, t) => mask is null || mask[t] != 0)];
        int[] places = positions ?? [.. Enumerable.Range(0, ids.Length)];
        int span = places.Where((_, t) => real[t]).Max() + 1;
        double[]?[] x = [.. ids.Select((id, t) => real[t] ? Embed(id) : null)];
        for (int layer = 0; layer < Layers; layer++)
        {
            string name = $"model.layers.{layer}.";
            double[]?[] attended = Attention(layer, Each(x, v => Norm(name + "input_layernorm", v)), places, span);
            attended = IsGemma ? Each(attended, v => Norm(name + "post_attention_layernorm", v)) : attended;
            x = Sum(x, attended);
            string before = IsGemma ? "pre_feedforward_layernorm" : "post_attention_layernorm";
            double[]?[] inner = Each(x, v => Mlp(name + "mlp.", Norm(name + before, v)));
            inner = IsGemma ? Each(inner, v => Norm(name + "post_feedforward_layernorm", v)) : inner;
            x = Sum(x, inner);
        }

        return Each(x, v => Norm("model.norm", v));
    }

    /// <summary>Token logits of one state.</summary>
    public double[] Logits(double[] state)
    {
        double[] logits = Multiply(tensors[Tied ? "model.embed_tokens.weight" : "lm_head.weight", Vocabulary, Hidden], state);
        double? cap = Family == "gemma2" && !config.ContainsKey("final_logit_softcapping") ? 30 : (double?)config["final_logit_softcapping"];
        return cap is { } c ? [.. logits.Select(v => c * Math.Tanh(v / c))] : logits;
    }

    private double[] Embed(int id)
    {
        double[] table = tensors["model.embed_tokens.weight", Vocabulary, Hidden];
        double scale = IsGemma ? (float)Math.Sqrt(Hidden) : 1;
        return [.. Enumerable.Range(0, Hidden).Select(i => table[(id * Hidden) + i] * scale)];
    }

    private double[]?[] Attention(int layer, double[]?[] x, int[] places, int span)
    {
        string name = $"model.layers.{layer}.self_attn.";
        (double[] Frequencies, double Amplitude)? rope = Rope(layer, span);
        int queryWidth = Heads * Size, keyWidth = SharedHeads * Size;
        double[]?[] q = new double[x.Length][], k = new double[x.Length][], v = new double[x.Length][];
        for (int t = 0; t < x.Length; t++)
        {
            if (x[t] is not { } here)
            {
                continue;
            }

            (q[t], k[t], v[t]) = Project(name, here, queryWidth, keyWidth);
            if (Family is "qwen3" or "gemma3_text")
            {
                q[t] = PerHead(q[t]!, head => Norm(name + "q_norm", head));
                k[t] = PerHead(k[t]!, head => Norm(name + "k_norm", head));
            }

            if (rope is { } turn)
            {
                q[t] = PerHead(q[t]!, head => Turn(head, places[t], turn));
                k[t] = PerHead(k[t]!, head => Turn(head, places[t], turn));
            }
        }

        bool outputBias = Family is not "qwen2" && (bool?)config["attention_bias"] == true;
        return [.. x.Select((here, t) => here is null ? null : Linear(name + "o_proj", Mix(layer, q[t]!, k, v, t), Hidden, outputBias))];
    }

    private (double[] Query, double[] Key, double[] Value) Project(string name, double[] x, int queryWidth, int keyWidth)
    {
        if (Family == "phi3")
        {
            double[] all = Linear(name + "qkv_proj", x, queryWidth + keyWidth + keyWidth, false);
            return (all[..queryWidth], all[queryWidth..(queryWidth + keyWidth)], all[(queryWidth + keyWidth)..]);
        }

        bool bias = Family == "qwen2" || (bool?)config["attention_bias"] == true;
        return (Linear(name + "q_proj", x, queryWidth, bias), Linear(name + "k_proj", x, keyWidth, bias), Linear(name + "v_proj", x, keyWidth, bias));
    }

    /// <summary>Softmax-weighted values of what column t sees: real columns up to itself, within the window if there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double[] Mix(int layer, double[] query, double[]?[] k, double[]?[] v, int t)
    {
        int first = Window(layer) is { } window ? Math.Max(0, t - window + 1) : 0;
        double scale = IsGemma ? 1 / Math.Sqrt((double?)config["query_pre_attn_scalar"] ?? 256) : 1 / Math.Sqrt(Size);
        double? cap = Family != "gemma2" ? null : config.ContainsKey("attn_logit_softcapping") ? (double?)config["attn_logit_softcapping"] : 50;
        double[] result = new double[Heads * Size];
        int[] seen = [.. Enumerable.Range(first, t + 1 - first).Where(s => k[s] is not null)];
        for (int head = 0; head < Heads; head++)
        {
            int shared = head / (Heads / SharedHeads) * Size;
            double[] weight = Softmax(query.AsSpan(head * Size, Size), k, seen, shared, scale, cap);
            for (int i = 0; i < seen.Length; i++)
            {
                double[] value = v[seen[i]]!;
                for (int d = 0; d < Size; d++)
                {
                    result[(head * Size) + d] += weight[i] * value[shared + d];
                }
            }
        }

        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double[] Softmax(ReadOnlySpan<double> query, double[]?[] k, int[] seen, int shared, double scale, double? cap)
    {
        double[] weight = new double[seen.Length];
        double max = double.NegativeInfinity, sum = 0;
        for (int i = 0; i < weight.Length; i++)
        {
            ReadOnlySpan<double> key = k[seen[i]].AsSpan(shared, query.Length);
            double score = 0;
            for (int d = 0; d < query.Length; d++)
            {
                score += query[d] * key[d];
            }

            weight[i] = cap is { } c ? c * Math.Tanh(score * scale / c) : score * scale;
            max = Math.Max(max, weight[i]);
        }

        for (int i = 0; i < weight.Length; i++)
        {
            weight[i] = Math.Exp(weight[i] - max);
            sum += weight[i];
        }

        for (int i = 0; i < weight.Length; i++)
        {
            weight[i] /= sum;
        }

        return weight;
    }

    /// <summary>The window of a layer, null where it sees everything before it.</summary>
    private int? Window(int layer)
    {
        int? window = (int?)config["sliding_window"];
        if (Family == "mistral" || Family == "phi3")
        {
            return config.ContainsKey("sliding_window") ? window : Family == "mistral" ? 4096 : null;
        }

        if (config["layer_types"] is JsonArray types)
        {
            return (string)types[layer]! == "sliding_attention" ? window : null;
        }

        return Family switch
        {
            "qwen2" or "qwen3" => (bool?)config["use_sliding_window"] == true && layer >= ((int?)config["max_window_layers"] ?? 28) ? window : null,
            "smollm3" => (bool?)config["use_sliding_window"] == true && !HasRope(layer) ? window : null,
            "gemma2" => layer % 2 == 0 ? window ?? 4096 : null,
            "gemma3_text" => (layer + 1) % ((int?)config["sliding_window_pattern"] ?? 6) != 0 ? window ?? 4096 : null,
            _ => null,
        };
    }

    private bool HasRope(int layer)
        => Family != "smollm3" || (config["no_rope_layers"] is JsonArray list ? (int)list[layer]! == 1 : (layer + 1) % ((int?)config["no_rope_layer_interval"] ?? 4) != 0);

    /// <summary>Frequencies of the layer's rotary embedding for a text of this many positions, and what cos and sin are multiplied by.</summary>
    private (double[] Frequencies, double Amplitude)? Rope(int layer, int length)
    {
        if (!HasRope(layer))
        {
            return null;
        }

        bool local = Family == "gemma3_text" && Window(layer) is not null;
        double theta = (double?)config["rope_theta"] ?? (Family switch { "smollm3" => 2e6, "gemma3_text" => 1e6, _ => 1e4 });
        JsonNode? scaling = config["rope_scaling"];
        if (local)
        {
            (theta, scaling) = ((double?)config["rope_local_base_freq"] ?? 1e4, null);
        }

        if (config["rope_parameters"] is { } parameters)
        {
            scaling = Family == "gemma3_text" ? parameters[local ? "sliding_attention" : "full_attention"] : parameters;
            theta = (double?)scaling!["rope_theta"] ?? theta;
        }

        double part = (double?)config["partial_rotary_factor"] ?? (double?)scaling?["partial_rotary_factor"] ?? 1;
        int dim = (int)(Size * part);
        string type = (string?)(scaling?["rope_type"] ?? scaling?["type"]) ?? "default";
        int positions = (int)config["max_position_embeddings"]!;
        if (type == "dynamic")
        {
            double factor = (double)scaling!["factor"]!;
            double longest = Math.Max(length, positions);
            theta *= Math.Pow((factor * longest / positions) - (factor - 1), (double)dim / (dim - 2));
        }

        double[] frequencies = [.. Enumerable.Range(0, dim / 2).Select(i => 1 / Math.Pow(theta, 2.0 * i / dim))];
        return type switch
        {
            "default" or "dynamic" => (frequencies, 1),
            "linear" => ([.. frequencies.Select(f => f / (double)scaling!["factor"]!)], 1),
            "llama3" => ([.. frequencies.Select(f => Llama3(f, scaling!))], 1),
            "longrope" or "su" => LongRope(frequencies, scaling!, positions, length),
            _ => throw new InvalidOperationException(type),
        };
    }

    private static double Llama3(double frequency, JsonNode scaling)
    {
        double factor = (double)scaling["factor"]!, low = (double)scaling["low_freq_factor"]!, high = (double)scaling["high_freq_factor"]!;
        double old = (double)scaling["original_max_position_embeddings"]!, wave = 2 * Math.PI / frequency;
        if (wave > old / low)
        {
            return frequency / factor;
        }

        double smooth = ((old / wave) - low) / (high - low);
        return wave < old / high ? frequency : ((1 - smooth) * frequency / factor) + (smooth * frequency);
    }

    private (double[] Frequencies, double Amplitude) LongRope(double[] frequencies, JsonNode scaling, int positions, int length)
    {
        int original = (int?)config["original_max_position_embeddings"] ?? (int)scaling["original_max_position_embeddings"]!;
        double stretch = (double)positions / original;
        double amplitude = (double?)scaling["attention_factor"] ?? (stretch <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(stretch) / Math.Log(original))));
        JsonArray factors = scaling[length > original ? "long_factor" : "short_factor"]!.AsArray();
        return ([.. frequencies.Select((f, i) => f / (double)factors[i]!)], amplitude);
    }

    /// <summary>Element i and element i + d/2 of the turning part are the two coordinates of a rotated point.</summary>
    private static double[] Turn(double[] head, int position, (double[] Frequencies, double Amplitude) rope)
    {
        double[] result = [.. head];
        int half = rope.Frequencies.Length;
        for (int i = 0; i < half; i++)
        {
            double cos = Math.Cos(position * rope.Frequencies[i]) * rope.Amplitude, sin = Math.Sin(position * rope.Frequencies[i]) * rope.Amplitude;
            result[i] = (head[i] * cos) - (head[i + half] * sin);
            result[i + half] = (head[i + half] * cos) + (head[i] * sin);
        }

        return result;
    }

    private double[] Mlp(string name, double[] x)
    {
        bool bias = (bool?)config["mlp_bias"] == true;
        double[] both = Family == "phi3"
            ? Linear(name + "gate_up_proj", x, 2 * Inner, false)
            : [.. Linear(name + "gate_proj", x, Inner, bias), .. Linear(name + "up_proj", x, Inner, bias)];
        return Linear(name + "down_proj", [.. Enumerable.Range(0, Inner).Select(i => Activate(both[i]) * both[Inner + i])], Hidden, bias);
    }

    private double Activate(double x) => IsGemma
        ? 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))
        : x / (1 + Math.Exp(-x));

    private double[] Norm(string name, double[] x)
    {
        double[] weight = tensors[name + ".weight", x.Length];
        double scale = 1 / Math.Sqrt((x.Sum(v => v * v) / x.Length) + Epsilon);
        return [.. x.Select((v, i) => v * scale * (IsGemma ? 1 + weight[i] : weight[i]))];
    }

    private double[] Linear(string name, double[] x, int width, bool bias)
    {
        double[] result = Multiply(tensors[name + ".weight", width, x.Length], x);
        return bias ? [.. result.Zip(tensors[name + ".bias", width], (a, b) => a + b)] : result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double[] Multiply(double[] matrix, double[] x)
    {
        double[] result = new double[matrix.Length / x.Length];
        for (int row = 0; row < result.Length; row++)
        {
            double sum = 0;
            for (int i = 0; i < x.Length; i++)
            {
                sum += matrix[(row * x.Length) + i] * x[i];
            }

            result[row] = sum;
        }

        return result;
    }

    private double[] PerHead(double[] x, Func<double[], double[]> each) => [.. x.Chunk(Size).SelectMany(each)];

    private static double[]?[] Each(double[]?[] x, Func<double[], double[]> each) => [.. x.Select(v => v is null ? null : each(v))];

    private static double[]?[] Sum(double[]?[] a, double[]?[] b) => [.. a.Zip(b, (x, y) => x is null ? null : x.Zip(y!, (p, q) => p + q).ToArray())];
}
