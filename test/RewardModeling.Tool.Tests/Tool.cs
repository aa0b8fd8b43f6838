using System.Diagnostics;
using System.Text.Json.Nodes;

namespace RewardModeling.Tool.Tests;

/// <summary>Runs the built tool as users do: as a process of its own.</summary>
internal static class Tool
{
    // The tool's own folder: beside these tests lie libraries of the web server that the tool does not have.
    private static readonly string Assembly = Path.Combine(
        [RewardModeling.Testing.TestData.RepositoryRoot, "src", "RewardModeling.Tool", "bin", .. AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar)[^2..], "rewardmodel.dll"]);

    /// <summary>Runs the tool in the repository's root to its end.</summary>
    public static ToolResult Run(params string[] arguments) => Run(arguments, []);

    public static ToolResult Run(string[] arguments, Dictionary<string, string?> environment)
    {
        using Process process = Start(arguments, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(3)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"rewardmodel {string.Join(' ', arguments)} did not end within 3 minutes.");
        }

        process.WaitForExit();
        return new ToolResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    /// <summary>Starts the tool and leaves it running, with its output redirected.</summary>
    public static Process Start(string[] arguments, Dictionary<string, string?>? environment = null)
    {
        ProcessStartInfo start = new("dotnet", [Assembly, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = RewardModeling.Testing.TestData.RepositoryRoot,
        };
        start.Environment["OPENAI_API_KEY"] = null;
        foreach ((string name, string? value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}

/// <summary>What a finished run of the tool left behind.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    /// <summary>The JSON object on the last line of standard output; there must be no other line.</summary>
    public JsonObject Json()
    {
        string[] lines = Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.HasCount(1, lines, $"Expected one line of JSON on standard output.\n{this}");
        return JsonNode.Parse(lines[0])!.AsObject();
    }

    public ToolResult MustSucceed()
    {
        Assert.AreEqual(0, ExitCode, ToString());
        return this;
    }

    /// <summary>Checks the exit code and that the message for people names every one of the given words.</summary>
    public ToolResult MustFail(int exitCode, params string[] words)
    {
        MustFailWithTrace(exitCode, words);
        Assert.IsFalse(Error.Contains("   at ", StringComparison.Ordinal), $"A stack trace is no message.\n{this}");
        return this;
    }

    /// <summary>The same with --verbose, which shows where an error came from.</summary>
    public ToolResult MustFailWithTrace(int exitCode, params string[] words)
    {
        Assert.AreEqual(exitCode, ExitCode, ToString());
        StringAssert.StartsWith(Error.TrimStart().Split('\n').First(line => line.StartsWith("error:", StringComparison.Ordinal)), "error: ");
        foreach (string word in words)
        {
            StringAssert.Contains(Error, word, ToString());
        }

        return this;
    }

    public override string ToString() => $"exit code {ExitCode}\nstandard output:\n{Output}\nstandard error:\n{Error}";
}
