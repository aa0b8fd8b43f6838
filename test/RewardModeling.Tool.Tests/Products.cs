using RewardModeling.Testing;

namespace RewardModeling.Tool.Tests;

/// <summary>What one command makes and several tests need: distilled pairs, a model trained on them, its ONNX export. Each is made once.</summary>
internal static class Products
{
    private static readonly TemporaryFolder Folder = new();
    private static readonly Lazy<ToolResult> LazyDistill = new(RunDistill);
    private static readonly Lazy<ToolResult> LazyTrain = new(RunTrain);
    private static readonly Lazy<ToolResult> LazyExport = new(RunExport);

    public static string Backbone { get; } = TestData.Own("models", "rm-nano-base");

    public static string RecordedPairs { get; } = TestData.Own("first-party", "part1.jsonl");

    /// <summary>The first twelve recorded pairs.</summary>
    public static string FewPairs { get; } = Write("few.jsonl", File.ReadLines(RecordedPairs).Take(12));

    public static string Journal => Folder["calls.db"];

    public static string Pairs => Folder["pairs.jsonl"];

    public static string Model => Folder["model"];

    public static string Onnx => Folder["onnx"];

    public static ToolResult Distill => LazyDistill.Value.MustSucceed();

    public static ToolResult Train => LazyTrain.Value.MustSucceed();

    public static ToolResult Export => LazyExport.Value.MustSucceed();

    public static void Delete() => Folder.Dispose();

    private static string Write(string name, IEnumerable<string> lines)
    {
        File.WriteAllLines(Folder[name], lines);
        return Folder[name];
    }

    private static ToolResult RunDistill() => Tool.Run(
        "distill", "--pairs", FewPairs, "--teacher", "recorded:" + RecordedPairs, "--journal", Journal, "--out", Pairs, "--json");

    private static ToolResult RunTrain()
    {
        _ = Distill;
        return Tool.Run(
            "train", "--pairs", Pairs, "--backbone", Backbone, "--out", Model, "--batch-size", "2", "--max-steps", "2", "--max-length", "128",
            "--sft-weight", "0.1", "--kl-weight", "0.1", "--json");
    }

    private static ToolResult RunExport()
    {
        _ = Train;
        return Tool.Run("export", "--model", Model, "--out", Onnx, "--json");
    }
}
