namespace RewardModeling.Tool.Tests;

/// <summary>Ends the test run.</summary>
[TestClass]
public static class Cleanup
{
    [AssemblyCleanup]
    public static void DeleteProducts() => Products.Delete();
}
