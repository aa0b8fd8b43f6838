using System.Text.Json;
using Microsoft.ML.RewardModeling.Scoring;
using Microsoft.ML.RewardModeling.Scoring.Tests.Templates;
using Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Export;

/// <summary>An export runs unchanged in Node, and gives the rewards that .NET gives.</summary>
[TestClass]
public sealed class NodeTests
{
    [TestMethod]
    public void Export_InNode_GivesTheSameRewards()
    {
        string modules = NodePackages.OnnxRuntimeOrSkip();
        using TemporaryFolder folder = new();
        OnnxExporter.Export(TinyModel.Write(folder["model"], maxPositions: 128), folder["onnx"]);
        using OnnxRewardScorer scorer = OnnxRewardScorer.Load(folder["onnx"]);
        string[] answers = ["4", "Four, because two and two are four.", "", "I do not know."];
        int[][] ids = [.. answers.Select(answer => scorer.Encoder.Encode([new ChatTurn("user", "What is 2 + 2?")], answer).Ids)];
        float[] expected = scorer.Score("What is 2 + 2?", answers);
        string script = Path.Combine(TestData.RepositoryRoot, "test", "Microsoft.ML.RewardModeling.Tests", "Export", "node_rewards.mjs");

        // All in one padded batch, then each alone.
        string[]? lines = External.Run(
            "node",
            [script, modules, folder["onnx", "model.onnx"]],
            [JsonSerializer.Serialize(ids), .. ids.Select(one => JsonSerializer.Serialize((int[][])[one]))],
            out string reason);

        Assert.IsNotNull(lines, reason);
        float[] together = JsonSerializer.Deserialize<float[]>(lines[0])!;
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], together[i], 1e-5f, answers[i]);
            Assert.AreEqual(expected[i], JsonSerializer.Deserialize<float[]>(lines[i + 1])![0], 1e-5f, answers[i]);
        }
    }
}
