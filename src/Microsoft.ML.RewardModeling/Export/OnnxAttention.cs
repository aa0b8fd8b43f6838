using System.Globalization;
using Microsoft.ML.RewardModeling.Models.Plans;
using DataType = Microsoft.ML.RewardModeling.Export.Onnx.TensorProto.Types.DataType;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>
/// Attention nodes of a graph: the standard operator, with a mask where a window asks for one. Soft-capped scores are
/// written out in primitives: in the first text of opset 23 the operator caps after it has masked, which lets masked
/// tokens through, and runtimes differ in which text they follow. B rows, T new tokens (1 where only the last one asks),
/// S tokens with the past, G key-value heads that each serve R query heads of size D.
/// </summary>
internal sealed class OnnxAttention(OnnxGraphBuilder graph, DecoderPlan plan, OnnxPlaces places, GraphForm form, int maxLength)
{
    private const int Int32 = 6;
    private readonly HashSet<string> _masks = [];

    /// <summary>Mixed values [B, T, heads * D].</summary>
    /// <param name="name">Name of the result.</param>
    /// <param name="layer">Whose past it is.</param>
    /// <param name="inputs">Queries [B, T, heads * D]; keys and values of all new tokens.</param>
    /// <param name="onlyLast">Whether the queries are those of each row's last token.</param>
    public string Build(string name, int layer, string[] inputs, bool onlyLast)
    {
        int? window = plan.Layers[layer].Window < maxLength ? plan.Layers[layer].Window : null;
        if (plan.AttentionSoftcap is { } cap)
        {
            return Capped(name, layer, inputs, Mask(window, onlyLast), (float)cap);
        }

        bool causal = window is null && !onlyLast;
        (string, object)[] attributes = [("q_num_heads", plan.Heads), ("kv_num_heads", plan.KeyValueHeads), ("scale", (float)plan.QueryScale)];
        attributes = causal ? [("is_causal", 1), .. attributes] : attributes;
        string mask = causal ? string.Empty : Mask(window, onlyLast);
        bool continuing = form.HasFlag(GraphForm.Continuing);
        string[] outputs = continuing ? [name, OnnxPlaces.Present(layer, "key"), OnnxPlaces.Present(layer, "value")] : [name];
        string[] past = continuing ? [mask, OnnxPlaces.Past(layer, "key"), OnnxPlaces.Past(layer, "value")] : causal ? [] : [mask];
        return causal && places.Blocks > 1
            ? Divided(outputs, inputs, past, attributes)
            : graph.Node("Attention", outputs, [.. inputs, .. past], attributes);
    }

    /// <summary>
    /// Whether some layer's attention can be computed in blocks of queries: it sees all tokens before, and is not <see cref="Grouped"/>. Of
    /// the last layer only the last token asks.
    /// </summary>
    public static bool CanDivide(DecoderPlan plan, GraphForm form, int maxLength)
        => plan.AttentionSoftcap is null
            && plan.Layers.SkipLast(1).Any(layer => !(layer.Window < maxLength) && !(form.HasFlag(GraphForm.Fused) && CanGroup(plan, layer, maxLength)));

    /// <summary>
    /// Causal attention, block by block where that pays: a block of queries meets its own keys and those before, not those that come later, which
    /// the operator would multiply before it masks them. What is before a block is the past that the block before has put together. With n
    /// blocks (n + 1) / 2n of the products are left, and as much less memory at a time.
    /// </summary>
    private string Divided(string[] outputs, string[] inputs, string[] past, (string, object)[] attributes)
    {
        string[] Outputs(string branch) => [.. outputs.Select(output => output + branch)];
        string Part(string what, int block) => string.Create(CultureInfo.InvariantCulture, $"{outputs[0]}.{what}{block}");

        var whole = new OnnxGraphBuilder(outputs[0] + ".whole", null);
        whole.Node("Attention", Outputs(".whole"), [.. inputs, .. past], attributes);

        var divided = new OnnxGraphBuilder(outputs[0] + ".divided", null);
        string[] results = Outputs(".divided"), mixed = [.. Enumerable.Range(0, places.Blocks).Select(block => Part("block", block))];
        foreach ((string what, string input) in ((string[])["query", "key", "value"]).Zip(inputs))
        {
            divided.Node("Split", [.. Enumerable.Range(0, places.Blocks).Select(block => Part(what, block))], [input, places.BlockSizes], ("axis", 1));
        }

        for (int i = 0; i < mixed.Length; i++)
        {
            string[] present = i == mixed.Length - 1 && results.Length > 1 ? results[1..] : [Part("present_key", i), Part("present_value", i)];
            divided.Node("Attention", [mixed[i], .. present], [Part("query", i), Part("key", i), Part("value", i), .. past], attributes);
            past = ["", .. present];
        }

        divided.Node("Concat", results[0], mixed, ("axis", 1));
        for (int i = 0; i < outputs.Length; i++)
        {
            whole.BranchOutput(outputs[i] + ".whole", DataType.Float);
            divided.BranchOutput(outputs[i] + ".divided", DataType.Float);
        }

        return graph.Node("If", outputs, [places.IsDivided], ("then_branch", divided.Graph), ("else_branch", whole.Graph));
    }

    /// <summary>
    /// Whether <see cref="Grouped"/> computes a layer's attention: one that sees all tokens before, turned whole by one table. ONNX Runtime's
    /// operator takes heads whose size is a multiple of 16.
    /// </summary>
    public bool CanGroup(int layer) => CanGroup(plan, plan.Layers[layer], maxLength);

    private static bool CanGroup(DecoderPlan plan, LayerPlan layer, int maxLength)
        => plan.AttentionSoftcap is null && plan.HeadDim % 16 == 0 && !(layer.Window < maxLength)
            && (layer.Rope is not { } rope || (rope.Dim == plan.HeadDim && rope.LengthClass(maxLength) == 0));

    /// <summary>
    /// Mixed values from queries, keys and values that were not turned yet, in ONNX Runtime's own operator. After a past it takes one row.
    /// </summary>
    public string Grouped(string name, int layer, string[] inputs, OnnxRotary? rotary)
    {
        bool continuing = form.HasFlag(GraphForm.Continuing);
        string[] present = continuing
            ? [OnnxPlaces.Present(layer, "key"), OnnxPlaces.Present(layer, "value")]
            : [name + ".present.key", name + ".present.value"];
        string[] past = continuing ? [OnnxPlaces.Past(layer, "key"), OnnxPlaces.Past(layer, "value")] : ["", ""];
        string[] turning = rotary is null ? [] : [rotary.Cosine, rotary.Sine];
        return graph.Contributed(
            "GroupQueryAttention", [name, .. present], [.. inputs, .. past, GroupedPlace("last_place32", places.LastOfRows), GroupedPlace("length32", places.Count), .. turning],
            ("num_heads", plan.Heads), ("kv_num_heads", plan.KeyValueHeads), ("scale", (float)plan.QueryScale), ("do_rotary", rotary is null ? 0 : 1));
    }

    private string GroupedPlace(string name, string place) => _masks.Add(name) ? graph.Node("Cast", name, [place], ("to", Int32)) : name;

    /// <summary>True where a token is seen: [T, S], or [B, 1, 1, S] for the last tokens ([B, 1, 1, 1, S] for soft-capped scores).</summary>
    private string Mask(int? window, bool onlyLast)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"mask{(onlyLast ? "_last" : "")}{window}");
        if (!_masks.Add(name))
        {
            return name;
        }

        long[] axes = !onlyLast ? [1] : plan.AttentionSoftcap is null ? [1, 2] : [1, 2, 3];
        string rows = graph.Node("Unsqueeze", name + ".rows", [onlyLast ? places.Last : places.New, graph.Constant(name + ".axes", axes, axes.Length)]);
        string distance = graph.Node("Sub", name + ".distance", [rows, places.All]);
        string before = graph.Node("GreaterOrEqual", window is null ? name : name + ".causal", [distance, graph.Constant(name + ".none", [0L])]);
        return window is { } reach
            ? graph.Node("And", name, [before, graph.Node("Less", name + ".near", [distance, graph.Constant(name + ".reach", [(long)reach])])])
            : before;
    }

    private string Capped(string name, int layer, string[] inputs, string mask, float cap)
    {
        long groups = plan.KeyValueHeads, repeats = plan.Heads / plan.KeyValueHeads;
        string q = Split(name + ".q", inputs[0], [0, 0, groups, repeats, plan.HeadDim], 0, 2, 3, 1, 4);   // [B, G, R, T, D]
        string k = All(name + ".k", inputs[1], layer, "key");                                             // [B, G, S, D]
        string v = All(name + ".v", inputs[2], layer, "value");                                           // [B, G, S, D]
        string axis = graph.Constant(name + ".shared", [2L], 1);
        k = graph.Node("Unsqueeze", name + ".k.shared", [graph.Node("Transpose", name + ".k.turned", [k], ("perm", new long[] { 0, 1, 3, 2 })), axis]);
        v = graph.Node("Unsqueeze", name + ".v.shared", [v, axis]);                                       // [B, G, 1, S, D]
        string scores = graph.Node("MatMul", name + ".scores", [q, k]);                                   // [B, G, R, T, S]
        scores = graph.Node("Mul", name + ".scaled", [scores, graph.Constant(name + ".scale", [(float)(plan.QueryScale / cap)])]);
        scores = graph.Node("Mul", name + ".capped", [graph.Node("Tanh", name + ".tanh", [scores]), graph.Constant(name + ".cap", [cap])]);
        scores = graph.Node("Where", name + ".masked", [mask, scores, graph.Constant(name + ".never", [float.NegativeInfinity])]);
        string mixed = graph.Node("MatMul", name + ".mixed", [graph.Node("Softmax", name + ".weights", [scores], ("axis", -1)), v]);
        mixed = graph.Node("Transpose", name + ".turned", [mixed], ("perm", new long[] { 0, 3, 1, 2, 4 }));      // [B, T, G, R, D]
        return graph.Node("Reshape", name, [mixed, graph.Constant(name + ".width", [0L, 0L, -1L], 3)]);
    }

    /// <summary>Keys or values [B, G, S, D] of the past, if any, and the new tokens.</summary>
    private string All(string name, string x, int layer, string what)
    {
        string split = Split(name, x, [0, 0, plan.KeyValueHeads, plan.HeadDim], 0, 2, 1, 3);
        return form.HasFlag(GraphForm.Continuing)
            ? graph.Node("Concat", OnnxPlaces.Present(layer, what), [OnnxPlaces.Past(layer, what), split], ("axis", 2))
            : split;
    }

    private string Split(string name, string x, long[] shape, params long[] order)
        => graph.Node("Transpose", name, [graph.Node("Reshape", name + ".heads", [x, graph.Constant(name + ".shape", shape, shape.Length)])], ("perm", order));
}
