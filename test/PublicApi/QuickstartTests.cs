using System.Diagnostics;
using System.Text.RegularExpressions;
using RewardModeling.Testing;

namespace PublicApi.Tests;

/// <summary>Runs the quickstart as a program of its own, shortened to one epoch of 32 pairs, twice on the same output folder.</summary>
[TestClass]
public sealed partial class QuickstartTests
{
    [TestMethod]
    [Timeout(300_000)]
    public void Quickstart_RunTwice_PaysNothingTheSecondTimeAndGivesTheSameNumbers()
    {
        using var folder = new TemporaryFolder();
        string output = folder["out"];

        string first = Run("--epochs", "1", "--pairs", "32", "--out", output);
        string second = Run("--epochs", "1", "--pairs", "32", "--out", output);

        StringAssert.Contains(first, "32 of 32 pairs");
        Assert.AreNotEqual("0", TeacherCalls().Match(first).Groups[1].Value, first);
        Assert.AreEqual("0", TeacherCalls().Match(second).Groups[1].Value, second);
        Assert.AreEqual(WithoutCalls(Result(first)), WithoutCalls(Result(second)));
        foreach (string written in new[] { "distilled.jsonl", "teacher-journal.db", "reward-model/config.json", "reward-onnx/model.onnx", "reward-onnx/export.json" })
        {
            Assert.IsTrue(File.Exists(Path.Combine([output, .. written.Split('/')])), $"{written} was not written.");
        }
    }

    [TestMethod]
    public void Quickstart_UnknownOption_SaysWhatItTakes()
    {
        using Process process = Start("--epoch", "1");
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.AreEqual(2, process.ExitCode);
        StringAssert.Contains(error, "--epoch 1");
        StringAssert.Contains(error, "--epochs N");
    }

    private static string Run(params string[] args)
    {
        using Process process = Start(args);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, output + error.Result);
        return output;
    }

    private static Process Start(params string[] args)
    {
        string configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
        string program = Path.Combine(TestData.RepositoryRoot, "samples", "Quickstart", "bin", configuration, "net10.0", "Quickstart.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        return Process.Start(start)!;
    }

    private static string Result(string output) => output[output.IndexOf("Result", StringComparison.Ordinal)..];

    private static string WithoutCalls(string result) => TeacherCalls().Replace(result, "teacher calls");

    [GeneratedRegex(@"teacher calls (\d+)")]
    private static partial Regex TeacherCalls();
}
