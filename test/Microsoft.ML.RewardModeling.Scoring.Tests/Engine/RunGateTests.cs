using Microsoft.ML.RewardModeling.Scoring.Engine;

namespace Microsoft.ML.RewardModeling.Scoring.Tests.Engine;

[TestClass]
public sealed class RunGateTests
{
    [TestMethod]
    public async Task EnterAsync_MoreRunsThanAllowed_WaitsInOrder()
    {
        RunGate gate = new(2, 1000);
        await gate.EnterAsync(1, default);
        await gate.EnterAsync(1, default);
        Task third = gate.EnterAsync(1, default).AsTask();
        Task fourth = gate.EnterAsync(1, default).AsTask();
        Assert.IsFalse(third.IsCompleted);

        gate.Exit(1);
        await third;
        Assert.IsFalse(fourth.IsCompleted);
        gate.Exit(1);
        await fourth;
    }

    [TestMethod]
    public async Task EnterAsync_MoreTokensThanTheBudget_Waits()
    {
        RunGate gate = new(8, 100);
        await gate.EnterAsync(60, default);
        Task second = gate.EnterAsync(41, default).AsTask();
        Task third = gate.EnterAsync(1, default).AsTask();
        Assert.IsFalse(second.IsCompleted);
        Assert.IsFalse(third.IsCompleted, "a later run must not overtake: a long text would never get in");

        gate.Exit(60);
        await Task.WhenAll(second, third);
    }

    [TestMethod]
    public async Task EnterAsync_AboveTheBudgetAlone_GoesIn()
    {
        RunGate gate = new(8, 100);
        await gate.EnterAsync(500, default);
        Assert.IsFalse(gate.EnterAsync(1, default).AsTask().IsCompleted);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task Enter_CancelledWhileWaiting_LetsTheNextIn(bool asynchronous)
    {
        RunGate gate = new(2, 100);
        await gate.EnterAsync(60, default);
        using CancellationTokenSource cancellation = new();
        Task large = asynchronous
            ? gate.EnterAsync(90, cancellation.Token).AsTask()
            : Task.Factory.StartNew(() => gate.Enter(90, cancellation.Token), TaskCreationOptions.LongRunning);
        SpinWait.SpinUntil(() => !gate.HasRoom);
        Task small = gate.EnterAsync(40, default).AsTask();
        Assert.IsFalse(small.IsCompleted);

        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => large);
        await small;
    }

    [TestMethod]
    public void TryEnterAlone_OthersInside_IsRefused()
    {
        RunGate gate = new(2, 100);
        gate.Enter(1, default);
        Assert.IsFalse(gate.TryEnterAlone());
        gate.Exit(1);
        Assert.IsTrue(gate.TryEnterAlone());
        Task other = gate.EnterAsync(1, default).AsTask();
        Assert.IsFalse(other.IsCompleted);
        gate.ExitAlone();
        Assert.IsTrue(SpinWait.SpinUntil(() => other.IsCompleted, TimeSpan.FromSeconds(30)));
    }

    [TestMethod]
    public async Task Close_WhileOneRuns_WaitsForItAndRefusesTheRest()
    {
        RunGate gate = new(1, 100);
        gate.Enter(1, default);
        Task waiting = Task.Factory.StartNew(() => gate.Enter(1, default), TaskCreationOptions.LongRunning);
        SpinWait.SpinUntil(() => !gate.HasRoom);
        Task closing = Task.Run(gate.Close);
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => waiting);
        Assert.IsFalse(closing.IsCompleted);
        gate.Exit(1);
        await closing;
        Assert.ThrowsExactly<ObjectDisposedException>(() => gate.Enter(1, default));
    }
}
