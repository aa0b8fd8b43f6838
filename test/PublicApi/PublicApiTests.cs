using System.Reflection;
using Microsoft.ML.RewardModeling;
using Microsoft.ML.RewardModeling.Scoring;
using PublicApiGenerator;
using RewardModeling.Testing;

namespace PublicApi.Tests;

/// <summary>Every change of the public surface shows up as a change of an approved file.</summary>
[TestClass]
public sealed class PublicApiTests
{
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        // The generator leaves out System and Microsoft by default, which is everything here.
        DenyNamespacePrefixes = [],
        ExcludeAttributes = ["System.Runtime.CompilerServices.CompilerGeneratedAttribute"],
    };

    [TestMethod]
    [DataRow(typeof(OnnxRewardScorer))]
    [DataRow(typeof(PreferencePair))]
    [DataRow(typeof(RewardModelTrainer))]
    public void PublicApi_OfPackage_EqualsApprovedFile(Type anyType)
    {
        Assembly assembly = anyType.Assembly;
        string file = Path.Combine(
            TestData.RepositoryRoot, "test", "PublicApi", "Approved", assembly.GetName().Name + ".txt");
        string actual = assembly.GeneratePublicApi(Options).ReplaceLineEndings("\n");

        StringAssert.Contains(actual, $"class {anyType.Name}");
        if (Environment.GetEnvironmentVariable("APPROVE_PUBLIC_API") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, actual);
        }

        string approved = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : string.Empty;
        Assert.AreEqual(
            approved,
            actual,
            $"The public API of {assembly.GetName().Name} changed. If that is intended, run the tests with APPROVE_PUBLIC_API=1 and commit {file}.");
    }
}
