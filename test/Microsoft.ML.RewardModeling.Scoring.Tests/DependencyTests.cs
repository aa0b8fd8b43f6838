using System.Reflection;
using System.Text.Json;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests;

/// <summary>The deployment package drags in neither ML.NET nor TorchSharp.</summary>
[TestClass]
public sealed class DependencyTests
{
    // ONNX Runtime's managed part needs System.Numerics.Tensors.
    private static readonly string[] Allowed = ["Microsoft.ML.OnnxRuntime", "Microsoft.ML.OnnxRuntime.Managed", "System.Numerics.Tensors"];

    [TestMethod]
    public void PackageGraph_OfTheProject_IsOnnxRuntimeOnly()
    {
        string path = Path.Combine(TestData.RepositoryRoot, "src", "Microsoft.ML.RewardModeling.Scoring", "obj", "project.assets.json");
        Assert.IsTrue(File.Exists(path), $"{path} is missing although the project was built");
        using JsonDocument assets = JsonDocument.Parse(File.ReadAllText(path));

        // Analyzers and other build-time packages ship nothing: they have no runtime, native or compile files.
        List<string> packages = [];
        foreach (JsonProperty target in assets.RootElement.GetProperty("targets").EnumerateObject())
        {
            foreach (JsonProperty package in target.Value.EnumerateObject())
            {
                if (package.Value.TryGetProperty("runtime", out _) || package.Value.TryGetProperty("runtimeTargets", out _)
                    || package.Value.TryGetProperty("compile", out _))
                {
                    packages.Add(package.Name.Split('/')[0]);
                }
            }
        }

        Assert.IsNotEmpty(packages);
        string[] others = [.. packages.Distinct().Where(name => !IsAllowed(name))];
        Assert.IsEmpty(others, $"further packages: {string.Join(", ", others)}");
    }

    [TestMethod]
    public void AssemblyReferences_Recursively_AreFrameworkAndOnnxRuntime()
    {
        Dictionary<string, string> seen = [];
        Queue<(Assembly Assembly, string Path)> queue = new([(typeof(OnnxRewardScorer).Assembly, "Scoring")]);
        while (queue.TryDequeue(out (Assembly Assembly, string Path) entry))
        {
            foreach (AssemblyName reference in entry.Assembly.GetReferencedAssemblies())
            {
                if (seen.TryAdd(reference.Name!, entry.Path) && !IsFramework(reference.Name!))
                {
                    queue.Enqueue((Assembly.Load(reference), $"{entry.Path} -> {reference.Name}"));
                }
            }
        }

        string[] others = [.. seen.Where(entry => !IsFramework(entry.Key) && !IsAllowed(entry.Key)).Select(entry => $"{entry.Value} -> {entry.Key}")];
        Assert.IsEmpty(others, string.Join("; ", others));
        Assert.Contains("Microsoft.ML.OnnxRuntime", seen.Keys);
    }

    private static bool IsAllowed(string name) => Allowed.Contains(name);

    private static bool IsFramework(string name) =>
        name is "mscorlib" or "netstandard" || name.StartsWith("System.", StringComparison.Ordinal);
}
