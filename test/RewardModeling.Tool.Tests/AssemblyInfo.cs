using RewardModeling.Tool.Tests;

// Tests share two cores and one copy of libtorch: one at a time keeps timings and memory predictable.
[assembly: DoNotParallelize]

/// <summary>Ends the test run.</summary>
[TestClass]
public static class Cleanup
{
    [AssemblyCleanup]
    public static void DeleteProducts() => Products.Delete();
}
