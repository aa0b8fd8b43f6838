using System.Text.Json.Nodes;
using Microsoft.ML.RewardModeling.Tests.Models;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Tests.Training;

/// <summary>
/// By hand, because it takes minutes: <c>HALF_BILLION_TRAINING=1 dotnet test test/Microsoft.ML.RewardModeling.Tests -c Release --filter
/// FullyQualifiedName~HalfBillionTrainingTests --logger "console;verbosity=detailed"</c>. Results: bench/results/training-robustness.md.
/// </summary>
[TestClass]
public sealed class HalfBillionTrainingTests
{
    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1.0)]
    public void Run_LoraWithCheckpointingOn512TokenPairs_StaysWithinEightGigabytes(double sftWeight)
    {
        if (Environment.GetEnvironmentVariable("HALF_BILLION_TRAINING") is not "1")
        {
            Assert.Inconclusive("skipped: takes minutes; set HALF_BILLION_TRAINING=1 to run it");
        }

        using TemporaryFolder folder = new();
        HalfBillionModel.Write(folder.Path);

        JsonNode measured = JsonNode.Parse(FreshProcess.Run(MeasuredTraining.Arguments(folder.Path, sftWeight), []))!;

        Console.WriteLine(measured.ToJsonString());
        Assert.AreEqual(494_033_664, (long)measured["parameters"]!);
        Assert.AreEqual(1, (int)measured["steps"]!);
        Assert.IsLessThan(8_000_000_000, (long)measured["peak_bytes"]!);
        Assert.IsLessThan(1.1 * (long)measured["estimated_bytes"]!, (double)measured["peak_bytes"]!);
    }
}
