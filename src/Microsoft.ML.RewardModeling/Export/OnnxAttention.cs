using System.Globalization;
using Microsoft.ML.RewardModeling.Models.Plans;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>
/// Attention nodes of a graph: the standard operator, with a mask where a window asks for one. Soft-capped scores are
/// written out in primitives, because the operator of opset 23 caps after it has masked, which lets masked tokens through.
/// </summary>
/// <param name="graph">Receives the nodes.</param>
/// <param name="plan">Head sizes, scale and soft-cap.</param>
/// <param name="range">Name of the values 0, 1, ... [T].</param>
internal sealed class OnnxAttention(OnnxGraphBuilder graph, DecoderPlan plan, string range)
{
    private readonly HashSet<string> _masks = [];

    /// <summary>Mixed values [B, T, heads * D].</summary>
    /// <param name="name">Name of the result.</param>
    /// <param name="inputs">Queries [B, T, heads * D], keys and values [B, T, groups * D].</param>
    /// <param name="window">A token sees itself and the window - 1 before it; null for all before it.</param>
    public string Build(string name, string[] inputs, int? window)
    {
        if (plan.AttentionSoftcap is { } cap)
        {
            return Capped(name, inputs, Mask(window), (float)cap);
        }

        (string, object)[] sizes = [("q_num_heads", plan.Heads), ("kv_num_heads", plan.KeyValueHeads), ("scale", (float)plan.QueryScale)];
        return window is null
            ? graph.Node("Attention", name, inputs, [("is_causal", 1), .. sizes])
            : graph.Node("Attention", name, [.. inputs, Mask(window)], sizes);
    }

    /// <summary>[T, T]: true where the row's token sees the column's.</summary>
    private string Mask(int? window)
    {
        string name = window is { } size ? string.Create(CultureInfo.InvariantCulture, $"mask{size}") : "mask";
        if (!_masks.Add(name))
        {
            return name;
        }

        string rows = graph.Node("Unsqueeze", name + ".rows", [range, graph.Constant(name + ".last_axis", [1L], 1)]);
        string columns = graph.Node("Unsqueeze", name + ".columns", [range, graph.Constant(name + ".first_axis", [0L], 1)]);
        string distance = graph.Node("Sub", name + ".distance", [rows, columns]);
        string before = graph.Node("GreaterOrEqual", window is null ? name : name + ".causal", [distance, graph.Constant(name + ".none", [0L])]);
        return window is { } reach
            ? graph.Node("And", name, [before, graph.Node("Less", name + ".near", [distance, graph.Constant(name + ".reach", [(long)reach])])])
            : before;
    }

    private string Capped(string name, string[] inputs, string mask, float cap)
    {
        long repeats = plan.Heads / plan.KeyValueHeads;
        string q = Split(name + ".q", inputs[0], repeats, 0, 2, 3, 1, 4);      // [B, G, R, T, D]
        string k = Split(name + ".k", inputs[1], 1, 0, 2, 3, 4, 1);            // [B, G, 1, D, T]
        string v = Split(name + ".v", inputs[2], 1, 0, 2, 3, 1, 4);            // [B, G, 1, T, D]
        string scores = graph.Node("MatMul", name + ".scores", [q, k]);        // [B, G, R, T, T]
        scores = graph.Node("Mul", name + ".scaled", [scores, graph.Constant(name + ".scale", [(float)(plan.QueryScale / cap)])]);
        scores = graph.Node("Mul", name + ".capped", [graph.Node("Tanh", name + ".tanh", [scores]), graph.Constant(name + ".cap", [cap])]);
        scores = graph.Node("Where", name + ".masked", [mask, scores, graph.Constant(name + ".never", [float.NegativeInfinity])]);
        string mixed = graph.Node("MatMul", name + ".mixed", [graph.Node("Softmax", name + ".weights", [scores], ("axis", -1)), v]);
        mixed = graph.Node("Transpose", name + ".turned", [mixed], ("perm", new long[] { 0, 3, 1, 2, 4 }));      // [B, T, G, R, D]
        return graph.Node("Reshape", name, [mixed, graph.Constant(name + ".width", [0L, 0L, -1L], 3)]);
    }

    private string Split(string name, string x, long repeats, params long[] order)
    {
        string shape = graph.Constant(name + ".shape", [0L, 0L, plan.KeyValueHeads, repeats, plan.HeadDim], 5);
        return graph.Node("Transpose", name, [graph.Node("Reshape", name + ".heads", [x, shape])], ("perm", order));
    }
}
