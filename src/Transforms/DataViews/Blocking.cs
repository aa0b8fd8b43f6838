namespace Microsoft.ML.RewardModeling.DataViews;

/// <summary>The one place where asynchronous work is waited for: ML.NET's cursors and row mappers are synchronous.</summary>
internal static class Blocking
{
    /// <summary>Waits and throws the task's own exception. Started work must not depend on the waiting thread.</summary>
    public static void Wait(Task task) => task.GetAwaiter().GetResult();

    /// <summary>Waits for the end of work whose outcome no longer matters.</summary>
    public static void WaitForEnd(Task task) => ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
}
