using Microsoft.ML.RewardModeling.Models.Plans;
using DataType = Microsoft.ML.RewardModeling.Export.Onnx.TensorProto.Types.DataType;

namespace Microsoft.ML.RewardModeling.Export;

/// <summary>
/// Where tokens stand in their texts: B rows of T new tokens, in the continuing form after P tokens of the past; S = P + T.
/// Nodes are added to the graph when this is made.
/// </summary>
internal sealed class OnnxPlaces
{
    /// <summary>Fewer new tokens are not divided: measured, nothing is gained below. At least the most blocks, so that none is empty.</summary>
    private const int FewestDivided = 128;

    private readonly OnnxGraphBuilder _graph;

    public OnnxPlaces(OnnxGraphBuilder graph, GraphForm form, int blocks)
    {
        (_graph, Blocks) = (graph, blocks);
        string first = graph.Constant("first", [0L]), step = graph.Constant("step", [1L]), one = graph.Constant("one", [1L], 1);
        string length = Size("length", "input_ids", 1);
        string? past = null;
        string last = graph.Node("Sub", "lengths_minus_one", ["lengths", one]); // [B]
        LastIndex = graph.Node("Unsqueeze", "last_index", [last, graph.Constant("last_axes", [1L, 2L], 2)]);
        if (!form.HasFlag(GraphForm.Continuing))
        {
            New = All = graph.Node("Range", "places", [first, length, step]);
            (LastOfRows, Count) = (last, length);
        }
        else
        {
            past = Size("past_length", Past(0, "key"), 2);
            string total = graph.Node("Add", "total_length", [past, length]);
            New = graph.Node("Range", "new_places", [past, total, step]);
            All = graph.Node("Range", "places", [first, total, step]);
            last = graph.Node("Add", "last_place", [last, past]);
            (LastOfRows, Count) = (last, total);
        }

        Last = graph.Node("Unsqueeze", "last_column", [last, one]);
        (IsDivided, BlockSizes) = blocks > 1 ? (Divides(length, past), Sizes()) : ("", "");
    }

    /// <summary>In how many blocks of queries causal attention is computed where it pays.</summary>
    public int Blocks { get; }

    /// <summary>Whether it pays: a scalar; empty for one block.</summary>
    public string IsDivided { get; }

    /// <summary>Tokens of each block [blocks], none of them 0 where it pays; empty for one block.</summary>
    public string BlockSizes { get; }

    /// <summary>Places of the new tokens [T].</summary>
    public string New { get; }

    /// <summary>Places of all tokens [S].</summary>
    public string All { get; }

    /// <summary>How many tokens there are with the past, padding included: a scalar.</summary>
    public string Count { get; }

    /// <summary>The place of each row's last real token [B].</summary>
    public string LastOfRows { get; }

    /// <summary>The same [B, 1].</summary>
    public string Last { get; }

    /// <summary>The same among the new tokens, as GatherND wants it [B, 1, 1].</summary>
    public string LastIndex { get; }

    /// <summary>The input that holds one layer's keys or values of the past.</summary>
    public static string Past(int layer, string what) => FormattableString.Invariant($"past_key_values.{layer}.{what}");

    /// <summary>The output that holds one layer's keys or values of past and new tokens.</summary>
    public static string Present(int layer, string what) => FormattableString.Invariant($"present.{layer}.{what}");

    /// <summary>A row's last real token [B, 1, H] of x [B, T, H].</summary>
    public string AtLast(string name, string x) => _graph.Node("GatherND", name, [x, LastIndex], ("batch_dims", 1));

    /// <summary>
    /// cos and sin tables of a rotary embedding, every new token's row in them [B, T], and the last token's [B, 1]. With
    /// longrope the tables of long texts lie behind those of short ones, and rows of long texts point there.
    /// </summary>
    public OnnxRotary Rotary(RopePlan rope, int index, int maxLength)
    {
        int longClass = rope.LengthClass(maxLength), half = rope.Dim / 2, rows = longClass > 0 ? 2 * maxLength : maxLength;
        string Table(string name, Func<double, double> function) => _graph.Weight($"{name}{index}", new TensorValues(DataType.Float, [rows, half], () =>
            longClass > 0 ? [.. RotaryTable(rope, maxLength, 0, function), .. RotaryTable(rope, maxLength, longClass, function)] : RotaryTable(rope, maxLength, 0, function)));

        string shape = _graph.Node("Shape", $"batch_and_length{index}", ["input_ids"]); // [2]
        string positions = _graph.Node("Expand", $"positions{index}", [New, shape]), last = Last;
        if (longClass > 0)
        {
            string isLong = _graph.Node("Greater", $"is_long{index}", ["lengths", _graph.Constant($"original{index}", [(long)rope.OriginalPositions], 1)]);
            string behind = _graph.Node("Mul", $"behind{index}", [
                _graph.Node("Cast", $"is_long{index}.number", [isLong], ("to", (int)DataType.Int64)), _graph.Constant($"table{index}", [(long)maxLength], 1)]);
            string column = _graph.Node("Unsqueeze", $"behind{index}.column", [behind, "one"]); // [B, 1]
            positions = _graph.Node("Add", $"rows{index}", [positions, column]);
            last = _graph.Node("Add", $"last_row{index}", [last, column]);
        }

        return new OnnxRotary(Table("cos", Math.Cos), Table("sin", Math.Sin), positions, last);
    }

    /// <summary>A function of position * frequency [length, d / 2], rounded to fp32 once, as in the trained model.</summary>
    internal static float[] RotaryTable(RopePlan rope, int length, int lengthClass, Func<double, double> function)
    {
        double[] frequencies = RopeFrequencies.Compute(rope, lengthClass);
        float[] table = new float[length * frequencies.Length];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = (float)(function(i / frequencies.Length * frequencies[i % frequencies.Length]) * rope.Amplitude);
        }

        return table;
    }

    /// <summary>
    /// Whether there are enough new tokens. Blocks copy what was before them, which is more than they save where the past is longer than the
    /// rest, and the products of a short text are too few.
    /// </summary>
    private string Divides(string length, string? past)
    {
        string least = _graph.Constant("fewest_divided", [(long)FewestDivided]);
        return _graph.Node("GreaterOrEqual", "is_divided", [length, past is null ? least : _graph.Node("Max", "fewest_after_past", [least, past])]);
    }

    /// <summary>T / blocks tokens each, and the first block those that are left over, too.</summary>
    private string Sizes()
    {
        string each = _graph.Node("Div", "block_size", ["length_1d", _graph.Constant("blocks", [(long)Blocks], 1)]);
        string others = _graph.Node("Mul", "block_others", [each, _graph.Constant("later_blocks", [Blocks - 1L], 1)]);
        string first = _graph.Node("Sub", "block_first", ["length_1d", others]);
        return _graph.Node("Concat", "block_sizes", [first, .. Enumerable.Repeat(each, Blocks - 1)], ("axis", 0));
    }

    private string Size(string name, string x, int dimension)
        => _graph.Node("Squeeze", name, [_graph.Node("Shape", name + "_1d", [x], ("start", dimension), ("end", dimension + 1))]);
}
