using Microsoft.Extensions.Time.Testing;
using Microsoft.ML.RewardModeling.Teachers;

namespace Microsoft.ML.RewardModeling.Tests.Teachers;

[TestClass]
public sealed class RateLimitTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [TestMethod]
    public async Task EnterAsync_Requests_NeverMoreThanTheLimitInAnyMinute()
    {
        FakeTimeProvider time = new();
        using RateLimit limit = new(30, Minute, TimeSpan.Zero, time);
        List<long> entered = [];
        Task all = Task.Run(async () =>
        {
            for (int i = 0; i < 100; i++)
            {
                entered.Add((await limit.EnterAsync(1, CancellationToken.None)).Entered);
            }
        });
        long minute = Minute.Ticks * (time.TimestampFrequency / TimeSpan.TicksPerSecond);
        while (!all.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.IsTrue(entered.All(from => entered.Count(at => at >= from && at < from + minute) <= 30));
        Assert.IsGreaterThanOrEqualTo(minute * 3, entered[^1] - entered[0]);
    }

    [TestMethod]
    public async Task EnterAsync_Tokens_CountUntilAMinuteAfterTheEnd()
    {
        FakeTimeProvider time = new();
        using RateLimit limit = new(100, Minute, null, time);
        RateLimit.Ticket first = await limit.EnterAsync(90, CancellationToken.None);
        Task<RateLimit.Ticket> second = limit.EnterAsync(40, CancellationToken.None);
        time.Advance(Minute * 5);
        Assert.IsFalse(second.IsCompleted, "a request under way leaves the window");

        // The estimate was too high: what it really took leaves room at once.
        limit.Leave(first, 50);
        await Until(second, time);

        Task<RateLimit.Ticket> third = limit.EnterAsync(60, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(50));
        await Task.Yield();
        Assert.IsFalse(third.IsCompleted);
        await Until(third, time);
    }

    [TestMethod]
    public async Task EnterAsync_MoreThanTheLimit_EntersAlone()
    {
        FakeTimeProvider time = new();
        using RateLimit limit = new(10, Minute, null, time);

        Assert.IsNotNull(await limit.EnterAsync(1000, CancellationToken.None));
    }

    [TestMethod]
    public async Task EnterAsync_Cancelled_LetsTheNextOneIn()
    {
        using RateLimit limit = new(10, Minute, null, TimeProvider.System);
        RateLimit.Ticket all = await limit.EnterAsync(10, CancellationToken.None);
        using CancellationTokenSource cancel = new();
        Task<RateLimit.Ticket> given = limit.EnterAsync(1, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => given);

        limit.Leave(all, 0);
        Assert.IsNotNull(await limit.EnterAsync(1, CancellationToken.None));
    }

    private static async Task Until(Task task, FakeTimeProvider time)
    {
        while (!task.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
    }
}
