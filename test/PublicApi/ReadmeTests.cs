using RewardModeling.Testing;

namespace PublicApi.Tests;

[TestClass]
public sealed class ReadmeTests
{
    [TestMethod]
    public void Readme_Program_IsTheCompiledSample()
    {
        string[] readme = CodeBlock(File.ReadAllLines(Path.Combine(TestData.RepositoryRoot, "README.md")), "```csharp", "```");
        string[] sample = CodeBlock(
            File.ReadAllLines(Path.Combine(TestData.RepositoryRoot, "test", "PublicApi", "ReadmeSample.cs")), "// begin README", "// end README");

        Assert.IsGreaterThan(10, sample.Length);
        CollectionAssert.AreEqual(sample, readme, "README.md's C# block and test/PublicApi/ReadmeSample.cs must hold the same program.");
    }

    [TestMethod]
    [DataRow("dotnet run --project samples/Quickstart -c Release")]
    [DataRow("dotnet test RewardModeling.sln -c Release")]
    public void Readme_Commands_StandOnTheirOwnLine(string command)
        => CollectionAssert.Contains(File.ReadAllLines(Path.Combine(TestData.RepositoryRoot, "README.md")), command);

    private static string[] CodeBlock(string[] lines, string begin, string end)
        => [.. lines.SkipWhile(line => line.Trim() != begin).Skip(1).TakeWhile(line => line.Trim() != end).Select(line => line.Trim())];
}
